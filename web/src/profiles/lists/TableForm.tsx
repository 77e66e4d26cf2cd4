import { ActionIcon, Button, Group, Progress, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import { AppForm, FileDrop, PanelError, useAppForm } from '@/kit';
import { FILE_HINT } from './FillForm';
import { keyTypes, sendFile, slug, types, type FileColumns, type ValueType } from './model';

interface Line { label: string; type: ValueType }
interface Values extends Record<string, unknown> { label: string; columns: Line[]; key: string }

/** The columns of a new table with their names for rules, made of the labels. */
function named(columns: readonly Line[]): (Line & { name: string })[] {
  const taken: string[] = [];
  return columns.map((column) => {
    const name = slug(column.label, taken);
    taken.push(name);
    return { ...column, name };
  });
}

/** Makes a table: columns by hand, or proposed by a file. */
export function TableForm({ databaseId, onMade, onCancel }: { databaseId: number; onMade: (id: number) => void; onCancel: () => void }) {
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const form = useAppForm<Values>({
    initialValues: { label: '', columns: [{ label: '', type: 'text' }], key: '0' },
    paths: { name: 'label' },
    check: (v) => ({
      label: v.label.trim() ? null : 'Enter a name for the table',
      ...Object.fromEntries(v.columns.map((c, n) => [`columns.${n}.label`, c.label.trim() ? null : 'Enter a name for the column'])),
      key: keyTypes.includes(v.columns[Number(v.key)]?.type ?? 'boolean') ? null : 'The key is a text, address, number or day',
    }),
  });
  const { values } = form.form;
  const set = (columns: Line[], key = values.key) => { form.form.setValues({ columns, key }); };
  const look = async (file: File) => {
    setProblem(null);
    setShare(0);
    try {
      const found = await sendFile<FileColumns>(`/api/v1/databases/${databaseId}/data-tables/look`, file, setShare);
      const columns = found.columns.map((c) => ({ label: c.name, type: c.type }));
      const unique = found.columns.findIndex((c) => keyTypes.includes(c.type) && c.filled > 0 && c.distinct === c.filled);
      set(columns, String(Math.max(0, unique)));
      if (!values.label.trim()) form.form.setFieldValue('label', file.name.replace(/\.[a-z.]+$/i, ''));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setShare(null);
    }
  };
  const save = useAction({
    refresh: [['data-tables'], ['vocabulary']],
    run: async (v: Values, { headers }) => {
      const columns = named(v.columns);
      const body = { name: slug(v.label), label: v.label.trim(), key: columns[Number(v.key)]?.name ?? '', columns: columns.map(({ name, label, type }) => ({ name, label: label.trim(), type })) };
      return ok(api.POST('/api/v1/databases/{database_id}/data-tables', { params: { path: { database_id: databaseId } }, body, headers }));
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make table" onCancel={onCancel} onSave={async (v) => { onMade((await save.mutateAsync(v)).id); }}>
      <FileDrop label="Take the columns from a file" hint={`${FILE_HINT} Nothing is loaded yet.`} loading={share !== null} onFile={(file) => void look(file)} />
      {share !== null && <Progress value={share * 100} aria-label="Upload" />}
      {problem && <PanelError error={problem} what="the file" />}
      <TextInput label="Name" {...form.form.getInputProps('label')} description={values.label.trim() ? `Rules call it ${slug(values.label)}` : 'How people and rules call it'} />
      <Radio.Group label="Columns" description="The key tells the rows apart: a code, a number, an address. No two rows share one." value={values.key} error={form.form.errors.key} onChange={(key) => { form.form.setFieldValue('key', key); }}>
        <Stack gap="sm" mt="xs">
          {values.columns.map((column, n) => (
            <Group key={n} gap="xs" align="start" wrap="wrap">
              <TextInput aria-label={`Name of column ${n + 1}`} placeholder="Name" style={{ flex: '1 1 160px' }} {...form.form.getInputProps(`columns.${n}.label`)} />
              <Select aria-label={`Type of column ${n + 1}`} allowDeselect={false} w={160} data={types.map((t) => ({ value: t.value, label: t.label }))} value={column.type}
                onChange={(type) => { set(values.columns.map((c, i) => (i === n && type ? { ...c, type: type } : c))); }} />
              <Radio value={String(n)} label="Key" mt={8} />
              <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove column ${column.label || n + 1}`} disabled={values.columns.length === 1}
                onClick={() => { const key = Number(values.key); set(values.columns.filter((_, i) => i !== n), String(key > n ? key - 1 : key === n ? 0 : key)); }}><IconTrash size={16} /></ActionIcon>
            </Group>
          ))}
        </Stack>
      </Radio.Group>
      <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { set([...values.columns, { label: '', type: 'text' }]); }}>Add column</Button></Group>
      <Text size="xs" c="dimmed">Types stay as they are once the table is made. Columns can be added later.</Text>
    </AppForm>
  );
}
