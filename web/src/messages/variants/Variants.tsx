import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from '@tabler/icons-react';
import { AppLink, IconButton, paths, Section } from '@/kit';
import type { Mailing, Template } from '../model';
import { emptyVariant, letter, mostVariants, type VariantValues } from './model';
import { SideBySide } from './SideBySide';
import css from './variants.module.css';

/** What the section needs of its form. */
export interface VariantsForm {
  variants: VariantValues[];
  input: (path: string) => object;
  set: (variants: VariantValues[]) => void;
}

interface Props { mailing: Mailing; templates: readonly Template[]; form: VariantsForm; /** mails have a subject and a sender of their own */ mails: boolean; unsaved: boolean }

function moved(rows: VariantValues[], from: number, to: number): VariantValues[] {
  const next = [...rows];
  const [row] = next.splice(from, 1);
  if (row) next.splice(to, 0, row);
  return next;
}

function VariantRow({ n, form, templates, least, mails }: { n: number; form: VariantsForm; templates: readonly Template[]; least: number; mails: boolean }) {
  const rows = form.variants, row = rows[n] ?? emptyVariant, name = letter(n + 1);
  const template = templates.find((t) => String(t.id) === row.template_id);
  return (
    <div className={css.row} role="group" aria-label={`Variant ${name}`}>
      <div className={css.head}>
        <span className={css.letter} aria-hidden="true">{name}</span>
        <Text fw={650} style={{ flex: 1 }}>Variant {name}</Text>
        <IconButton label={`Move ${name} up`} disabled={n === 0} onClick={() => { form.set(moved(rows, n, n - 1)); }}><IconArrowUp size={18} /></IconButton>
        <IconButton label={`Move ${name} down`} disabled={n === rows.length - 1} onClick={() => { form.set(moved(rows, n, n + 1)); }}><IconArrowDown size={18} /></IconButton>
        <IconButton label={`Remove ${name}`} disabled={rows.length <= least} onClick={() => { form.set(rows.filter((_, at) => at !== n)); }}><IconX size={18} /></IconButton>
      </div>
      <Select label={`Template of ${name}`} searchable placeholder="Choose a template" data={templates.map((t) => ({ value: String(t.id), label: t.published_version_id ? t.name : `${t.name} (not published)` }))} {...form.input(`split.variants.${n}.template_id`)}
        description={template ? <AppLink href={paths.template(template.id)}>Open the template</AppLink> : undefined} />
      {mails && <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <TextInput label={`Subject of ${name}`} placeholder={template?.subject ?? ''} description="Empty: the template's own" {...form.input(`split.variants.${n}.subject`)} />
        <TextInput label={`From, name of ${name}`} description="Empty: the mailing's" {...form.input(`split.variants.${n}.from_name`)} />
      </SimpleGrid>}
    </div>
  );
}

/** The templates of a mailing, each for an equal part of its people. */
export function Variants({ mailing, templates, form, mails, unsaved }: Props) {
  const tested = mailing.type === 'multivariate', least = tested ? 2 : 1, most = mostVariants(mailing.type), many = form.variants.length;
  return (
    <Section title="Variants" text={tested ? 'What is compared. Each goes to an equal part of the test, chosen at random.' : 'Each person gets one of these, at random and in equal parts, and keeps it.'}>
      <Stack gap="md">
        {form.variants.map((_, n) => <VariantRow key={n} n={n} form={form} templates={templates} least={least} mails={mails} />)}
      </Stack>
      <Group>
        {many < most && <Button variant="default" leftSection={<IconPlus size={18} />} onClick={() => { form.set([...form.variants, { ...emptyVariant, template_id: form.variants.at(-1)?.template_id ?? null }]); }}>Add variant {letter(many + 1)}</Button>}
        {!tested && <Button variant="subtle" onClick={() => { form.set([]); }}>Use one template</Button>}
      </Group>
      <SideBySide mailing={mailing} unsaved={unsaved} />
    </Section>
  );
}
