import { Group, Radio, Select, SimpleGrid, Text, Textarea, TextInput } from '@mantine/core';
import { Section } from '@/kit';
import { icons } from '../model';
import { ContentSection } from './ContentSection';
import type { Form } from './Rows';

/** What contacts usually look like; anything else is a regular expression of one's own. */
const patterns: readonly { value: string; label: string }[] = [
  { value: '', label: 'Anything' }, { value: '\\+[1-9][0-9]{6,14}', label: 'A phone number, such as +4712345678' }, { value: '-?[0-9]{1,20}', label: 'A number' }, { value: '@?[A-Za-z0-9_]{3,64}', label: 'A user name' },
];

export function WhatSection({ form }: { form: Form }) {
  return (
    <Section title="What it is" text="How people here recognise the channel.">
      <TextInput label="Name" {...form.getInputProps('name')} />
      <Textarea label="Description" autosize minRows={2} {...form.getInputProps('description')} />
      <Radio.Group label="Symbol" {...form.getInputProps('icon')}>
        <Group gap="xs" mt={6}>
          {icons.map(({ value, label, icon: Mark }) => (
            <Radio.Card key={value} value={value} w={44} h={44} radius="sm" aria-label={label} title={label} style={{ display: 'grid', placeItems: 'center', borderColor: form.values.icon === value ? 'var(--fd-fill)' : 'var(--mantine-color-default-border)', boxShadow: form.values.icon === value ? 'inset 0 0 0 1px var(--fd-fill)' : 'none' }}>
              <Mark size={20} aria-hidden="true" />
            </Radio.Card>
          ))}
        </Group>
      </Radio.Group>
    </Section>
  );
}

export function ContactSection({ form }: { form: Form }) {
  const { pattern } = form.values.definition.contact;
  const known = patterns.some((p) => p.value === pattern);
  return (
    <Section title="Contact and message fields" text="What people are written to at, and what a message consists of. Whoever writes a template fills in these fields.">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <TextInput label="Contact" description="What one writes to, such as Phone number or Chat id" {...form.getInputProps('definition.contact.label')} />
        <TextInput label="Example of a contact" description="Shown where one is entered" {...form.getInputProps('definition.contact.example')} />
      </SimpleGrid>
      <Select label="What it looks like" description="A contact that looks otherwise is refused" allowDeselect={false} data={[...patterns, { value: 'own', label: 'Something else…' }]} value={known ? pattern : 'own'}
        onChange={(value) => { form.setFieldValue('definition.contact.pattern', value === 'own' ? '.+' : value ?? ''); }} />
      {!known && <TextInput label="Regular expression of a contact" description="The whole contact has to match it" styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} {...form.getInputProps('definition.contact.pattern')} />}
      <TextInput label="Hint for the contact" description="Stands below it where one is entered" {...form.getInputProps('definition.contact.help')} />
      <div>
        <Text fw={550} mb={4}>Fields of the message</Text>
        <ContentSection form={form} />
      </div>
    </Section>
  );
}
