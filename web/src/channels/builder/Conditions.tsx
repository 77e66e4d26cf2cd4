import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import type { Condition } from '../model';
import { needsValue, tests } from '../words';
import type { Form } from './Rows';
import css from './builder.module.css';

/** Conditions on what stands at a path; all of them have to hold. */
export function Conditions({ form, path, rows, what, most = 10, least = 0 }: { form: Form; path: string; rows: readonly Condition[]; what: string; most?: number; least?: number }) {
  const props = (at: string) => form.getInputProps(`${path}.${at}` as never) as object;
  return (
    <Stack gap="xs">
      <Text fw={550} size="sm">{what}</Text>
      {rows.map((row, n) => (
        <div key={n} className={css.line} role="group" aria-label={`Condition ${n + 1}`}>
          <TextInput className={css.grow ?? ''} aria-label="Where in it" placeholder="path, such as ok" spellCheck={false} autoComplete="off" {...props(`${n}.path`)} />
          <Select className={css.grow ?? ''} aria-label="Must" allowDeselect={false} data={[...tests]} value={row.op}
            onChange={(op) => { form.setFieldValue(`${path}.${n}` as never, { ...row, op: op ?? 'eq', value: needsValue((op ?? 'eq')) ? row.value ?? '' : null }); }} />
          {needsValue(row.op) && <TextInput className={css.grow ?? ''} aria-label="Value" placeholder="value" spellCheck={false} autoComplete="off" {...props(`${n}.value`)} value={row.value === null ? '' : String(row.value)} />}
          {rows.length > least && <IconButton variant="subtle" color="gray" label={`Remove condition ${n + 1}`} onClick={() => { form.removeListItem(path as never, n); }}><IconX size={16} /></IconButton>}
        </div>
      ))}
      {form.errors[path] && <Text c="error" size="sm">{form.errors[path]}</Text>}
      {rows.length < most && <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem(path as never, { path: '', op: 'eq', value: '' } as never); }}>{rows.length === 0 ? 'Add condition' : 'And…'}</Button></Group>}
    </Stack>
  );
}

export const freshCondition = (): Condition => ({ path: '', op: 'eq', value: '' });
