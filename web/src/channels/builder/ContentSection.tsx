import { Checkbox, NumberInput, Select, SimpleGrid, Stack, Text, TextInput, Button, Group } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import type { ContentField } from '../model';
import { contentTypes, contentWords, keyOf } from '../words';
import { Rows, type Form } from './Rows';
import css from './builder.module.css';

const fresh = (): ContentField => ({ key: '', label: '', type: 'text', required: false, max_length: '' as never, options: [], help: '' });

function Options({ form, n }: { form: Form; n: number }) {
  const path = `definition.content.${n}.options` as const;
  const rows = form.values.definition.content[n]?.options ?? [];
  return (
    <Stack gap="xs">
      <Text fw={550} size="sm">Choices</Text>
      {rows.map((_, i) => (
        <div key={i} className={css.line}>
          <TextInput className={css.grow ?? ''} label={`Value ${i + 1}`} description="What is sent" {...form.getInputProps(`${path}.${i}.value`)} />
          <TextInput className={css.grow ?? ''} label={`Words ${i + 1}`} description="What people read" {...form.getInputProps(`${path}.${i}.label`)} />
          <IconButton variant="subtle" color="gray" mt={44} label={`Remove choice ${i + 1}`} onClick={() => { form.removeListItem(path, i); }}><IconX size={16} /></IconButton>
        </div>
      ))}
      {form.errors[path] && <Text c="error" size="sm">{form.errors[path]}</Text>}
      <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem(path, { value: '', label: '' }); }}>Add choice</Button></Group>
    </Stack>
  );
}

/** What a message consists of. `saved`: the keys that templates use already. */
export function ContentSection({ form }: { form: Form }) {
  const fields = form.values.definition.content;
  const initial = new Map((form.getInitialValues().definition.content).map((f) => [f.key, f]));
  return (
    <Rows form={form} path="definition.content" label="Fields of the message" count={fields.length} least={1} most={50} ordered add="Add message field" fresh={fresh}
      named={(n) => `field ${fields[n]?.label || n + 1}`}
      summary={(n) => { const f = fields[n]; return f ? <><b>{f.label || 'New field'}</b> <Text span size="sm" c="dimmed">{contentWords(f)}</Text></> : null; }}>
      {(n) => {
        const at = `definition.content.${n}` as const, field = fields[n];
        if (!field) return null;
        const before = initial.get(field.key), kept = before?.required === true;
        const label = form.getInputProps(`${at}.label`) as { onBlur?: () => void };
        return (
          <>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
              <TextInput label="Name of the field" {...label} onBlur={() => { if (!field.key) form.setFieldValue(`${at}.key`, keyOf(field.label)); label.onBlur?.(); }} />
              <TextInput label="Key" description={<>Stands in the request as {`\${content.${field.key || '…'}}`}</>} {...form.getInputProps(`${at}.key`)} />
              <Select label="Kind" allowDeselect={false} data={[...contentTypes]} {...form.getInputProps(`${at}.type`)} />
              {(field.type === 'text' || field.type === 'long_text' || field.type === 'url') && <NumberInput label="Characters, at most" description="Empty: no limit of the channel's own" min={1} max={100_000} {...form.getInputProps(`${at}.max_length`)} />}
            </SimpleGrid>
            <Checkbox label="Required" description={kept ? 'A required field never becomes optional: providers refuse messages without it' : before ? 'Can be switched on once every template of the channel fills it in' : 'Templates cannot be published without it'} disabled={kept} {...form.getInputProps(`${at}.required`, { type: 'checkbox' })} />
            {field.type === 'choice' && <Options form={form} n={n} />}
            <TextInput label="Hint" description="Stands below the field in the template" {...form.getInputProps(`${at}.help`)} />
          </>
        );
      }}
    </Rows>
  );
}
