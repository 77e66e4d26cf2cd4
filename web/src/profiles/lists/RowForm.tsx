import { Select, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { Problem } from '@/api/problem';
import { AppForm, useAppForm } from '@/kit';
import { plainText, typeWords, types, type DataRow, type DataTable } from './model';

type Values = Record<string, unknown> & { cells: Record<string, string> };

const textOf = (value: unknown) => (value === null || value === undefined ? '' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : plainText(value));

/** One row by hand: a new one, or its cells. */
export function RowForm({ table, row, onSaved, onCancel }: { table: DataTable; row?: DataRow; onSaved: () => void; onCancel: () => void }) {
  const key = table.columns.find((c) => c.key);
  const before = (name: string) => textOf(row?.values[name]);
  const form = useAppForm<Values>({
    initialValues: { cells: Object.fromEntries(table.columns.map((c) => [c.name, before(c.name)])) },
    paths: Object.fromEntries(table.columns.map((c) => [`values.${c.name}`, `cells.${c.name}`])),
    check: (v) => (key && !v.cells[key.name]?.trim() ? { [`cells.${key.name}`]: 'The key cannot be empty' } : {}),
  });
  const save = useAction({
    refresh: [['data-tables']],
    run: async (v: Values, { headers }) => {
      const cells = Object.entries(v.cells).map(([name, text]) => [name, text.trim() || null] as const);
      const path = { table_id: table.id };
      if (row) {
        const changed = Object.fromEntries(cells.filter(([name, text]) => (text ?? '') !== before(name)));
        if (Object.keys(changed).length > 0) await ok(api.PATCH('/api/v1/data-tables/{table_id}/rows/{row_id}', { params: { path: { ...path, row_id: row.id } }, body: { values: changed } }));
        return;
      }
      const found = await ok(api.POST('/api/v1/data-tables/{table_id}/rows/upsert', { params: { path }, body: { items: [Object.fromEntries(cells.filter(([, text]) => text !== null))] }, headers }));
      const refused = found.rejected[0];
      if (refused) { // the reason begins with the column's name
        const name = refused.reason.split(':')[0] ?? '';
        throw new Problem({ status: 422, title: 'Invalid', detail: refused.reason, errors: [{ pointer: `/values/${name}`, message: refused.reason.slice(name.length + 1).trim() || refused.reason }] });
      }
    },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={row ? 'Save row' : 'Add row'} onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      {table.columns.map((column) => {
        const label = `${column.label || column.name}${column.key ? ' (key)' : ''}`;
        const props = form.form.getInputProps(`cells.${column.name}`);
        return column.type === 'boolean'
          ? <Select key={column.id} label={label} clearable data={[{ value: 'yes', label: 'Yes' }, { value: 'no', label: 'No' }]} value={form.form.values.cells[column.name] ?? ''} error={form.form.errors[`cells.${column.name}`]} onChange={(v) => { form.form.setFieldValue('cells', { ...form.form.values.cells, [column.name]: v ?? '' }); }} />
          : <TextInput key={column.id} label={label} description={column.type === 'text' ? undefined : `${typeWords(column.type)}, like ${types.find((t) => t.value === column.type)?.hint ?? ''}`} {...props} />;
      })}
    </AppForm>
  );
}
