import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, confirmTyped, doneToast, failToast, formatCount, MenuActions, Section, SideDrawer, SmallTable, ToneBadge, useAppForm, useDrawer, type Column } from '@/kit';
import { slug, types, typeWords, type DataColumn, type DataTableDetail, type ValueType } from './model';

interface Values extends Record<string, unknown> { label: string; name: string; type: ValueType }

function ColumnForm({ table, column, onSaved, onCancel }: { table: DataTableDetail; column?: DataColumn; onSaved: () => void; onCancel: () => void }) {
  const others = table.columns.filter((c) => c.id !== column?.id).map((c) => c.name);
  const form = useAppForm<Values>({
    initialValues: { label: column?.label ?? '', name: column?.name ?? '', type: column?.type ?? 'text' },
    paths: { 'columns.0.name': 'label', 'columns.0.label': 'label' },
    check: (v) => ({ label: v.label.trim() ? null : 'Enter a name for the column', name: !column || /^[a-z][a-z0-9_]{0,62}$/.test(v.name) ? null : 'Use small letters, digits and _, beginning with a letter' }),
  });
  const { values } = form.form;
  const save = useAction({
    refresh: [['data-tables'], ['vocabulary']],
    run: (v: Values, { headers }) => (column
      ? ok(api.PATCH('/api/v1/data-tables/{table_id}/columns/{column_id}', { params: { path: { table_id: table.id, column_id: column.id } }, body: { label: v.label.trim(), ...(v.name === column.name ? {} : { name: v.name }) } }))
      : ok(api.POST('/api/v1/data-tables/{table_id}/columns', { params: { path: { table_id: table.id } }, body: { columns: [{ name: slug(v.label, others), label: v.label.trim(), type: v.type }] }, headers }))),
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={column ? 'Save column' : 'Add column'} onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <TextInput label="Name" {...form.form.getInputProps('label')} description={column || !values.label.trim() ? undefined : `Rules call it ${slug(values.label, others)}`} />
      {column && <TextInput label="Name in rules" description="Fixed while a segment compares with this column" {...form.form.getInputProps('name')} />}
      <Select label="Type" disabled={Boolean(column)} description="Fixed once the column is made" allowDeselect={false} data={types.map((t) => ({ value: t.value, label: t.label }))} {...form.form.getInputProps('type')} />
    </AppForm>
  );
}

/** The columns of a table; new ones are empty in every row. */
export function ColumnsTab({ table }: { table: DataTableDetail }) {
  const canUpdate = useCan('lists:update');
  const drawer = useDrawer('column');
  const erase = useAction({ refresh: [['data-tables'], ['vocabulary']], run: (id: number) => ok(api.DELETE('/api/v1/data-tables/{table_id}/columns/{column_id}', { params: { path: { table_id: table.id, column_id: id } } })), onDone: () => { doneToast('Column deleted'); } });
  const ask = async (column: DataColumn) => {
    const yes = await confirmTyped({ title: `Delete the column ${column.label || column.name}?`, body: `What stands in it goes in ${formatCount(table.size, 'row', 'rows')} and cannot be brought back.`, action: 'Delete column', keep: 'Keep it', name: column.name });
    if (yes) erase.mutate(column.id, { onError: failToast });
  };
  const columns: Column<DataColumn>[] = [
    { key: 'label', header: 'Column', cell: (c) => <>{c.label || c.name} {c.key && <ToneBadge tone="fjord" icon={IconKey}>key</ToneBadge>}</> },
    { key: 'name', header: 'In rules', priority: 2, cell: (c) => c.name },
    { key: 'type', header: 'Type', priority: 2, cell: (c) => typeWords(c.type) },
    ...(canUpdate ? [{ key: 'actions', header: 'Actions', align: 'right' as const, priority: 1 as const, cell: (c: DataColumn) => <MenuActions label={`Actions for ${c.label || c.name}`} actions={[{ label: 'Rename…', onClick: () => { drawer.open(c.id); } }, ...(c.key ? [] : [{ label: 'Delete…', danger: true, onClick: () => void ask(c) }])]} /> }] : []),
  ];
  return (
    <Stack>
      <Section title="Columns">
        <SmallTable label="Columns" columns={columns} rows={table.columns} rowKey={(c) => c.id} />
        {canUpdate && <Group><Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => { drawer.open('new'); }}>Add column</Button></Group>}
      </Section>
      <SideDrawer name="column" right="lists:update" title={drawer.value === 'new' ? 'Add a column' : 'Rename the column'}>
        {(id) => { const column = table.columns.find((c) => String(c.id) === id); return id === 'new' || column ? <ColumnForm key={id} table={table} onCancel={drawer.close} onSaved={() => { doneToast('Column saved'); drawer.close(); }} {...(column ? { column } : {})} /> : null; }}
      </SideDrawer>
    </Stack>
  );
}
