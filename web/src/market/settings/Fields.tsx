import { Checkbox, Code, Select, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, StateBadge, useAppForm, type QueryLike } from '@/kit';
import { shown, type MarketField } from '../model';
import { Archive } from './Archive';
import { Frame } from './Frame';

const entities: readonly { value: MarketField['entity']; label: string }[] = [{ value: 'product', label: 'Product' }, { value: 'sku', label: 'SKU' }, { value: 'order', label: 'Order' }, { value: 'line', label: 'Order line' }];
const types: readonly { value: MarketField['type']; label: string }[] = [
  { value: 'string', label: 'Text' }, { value: 'int', label: 'Whole number' }, { value: 'float', label: 'Number' }, { value: 'bool', label: 'Yes or no' }, { value: 'list', label: 'List of texts' }, { value: 'date', label: 'Day' },
];
const word = (of: readonly { value: string; label: string }[], value: string) => of.find((o) => o.value === value)?.label ?? value;

/** What somebody typed as the default of a field, as its type stores it; null for none. */
export function defaultOf(type: MarketField['type'], text: string): unknown {
  const typed = text.trim();
  if (typed === '') return null;
  if (type === 'int' || type === 'float') return Number(typed.replace(',', '.'));
  if (type === 'bool') return ['yes', 'true', '1'].includes(typed.toLowerCase());
  return type === 'list' ? typed.split(',').map((one) => one.trim()).filter(Boolean) : typed;
}

function FieldForm({ onDone }: { onDone: () => void }) {
  const f = useAppForm<{ entity: MarketField['entity']; key: string; label: string; type: MarketField['type']; required: boolean; initial: string }>({
    initialValues: { entity: 'product', key: '', label: '', type: 'string', required: false, initial: '' },
    check: (v) => ({
      key: /^[a-z][a-z0-9_]{0,62}$/.test(v.key) ? null : 'Small letters, digits and _, beginning with a letter',
      initial: (v.type === 'int' || v.type === 'float') && Number.isNaN(defaultOf(v.type, v.initial)) ? 'The default must be a number' : null,
    }),
  });
  const save = useAction({
    refresh: [['market-fields']],
    run: ({ initial, ...v }: typeof f.form.values, { headers }) => ok(api.POST('/api/v1/market/fields', { body: { ...v, label: v.label.trim(), default: defaultOf(v.type, initial) }, headers })),
  });
  return (
    <AppForm state={f} mode="create" saveLabel="Make the field" onCancel={onDone} onSave={async (v) => { await save.mutateAsync(v); doneToast(`${v.label || v.key} is made`); onDone(); }}>
      <Select label="Of" allowDeselect={false} data={entities} {...f.form.getInputProps('entity')} />
      <TextInput label="Key" description="Requests and files name the field by it" required {...f.form.getInputProps('key')} />
      <TextInput label="Label" description="What people read" {...f.form.getInputProps('label')} />
      <Select label="Type" description="Cannot be changed later" allowDeselect={false} data={types} {...f.form.getInputProps('type')} />
      <TextInput label="Default" description={f.form.values.type === 'list' ? 'Texts with commas between them' : 'The value of who gives none'} {...f.form.getInputProps('initial')} />
      <Checkbox label="Required" description="Without it a product or an order is refused" {...f.form.getInputProps('required', { type: 'checkbox' })} />
    </AppForm>
  );
}

/** Typed fields of one's own: of products, SKUs, orders and their lines. */
export function Fields({ query }: { query: QueryLike<{ items: MarketField[] }> }) {
  return (
    <Frame<MarketField> title="Own fields" what="Own fields" query={query} addLabel="Make a field" drawer="field" rowKey={(r) => r.id} form={(close) => <FieldForm onDone={close} />}
      text="What your shop knows of products, SKUs, orders and lines beyond the built-in. Values are checked when they come in, and segments can ask for them."
      columns={[
        { key: 'label', header: 'Field', cell: (r) => r.label },
        { key: 'of', header: 'Of', priority: 2, cell: (r) => word(entities, r.entity) },
        { key: 'key', header: 'Key', priority: 3, cell: (r) => <Code>{r.key}</Code> },
        { key: 'type', header: 'Type', priority: 2, cell: (r) => `${word(types, r.type)}${r.required ? ', required' : ''}` },
        { key: 'default', header: 'Default', priority: 3, cell: (r) => (typeof r.default === 'boolean' ? (r.default ? 'Yes' : 'No') : shown(r.default)) },
        { key: 'state', header: 'State', priority: 3, cell: (r) => <StateBadge state={r.archived_at ? 'archived' : 'active'} size="sm" label={r.archived_at ? 'Archived' : 'In use'} /> },
        { key: 'actions', header: 'Actions', align: 'right', priority: 1, cell: (r) => <Archive name={r.label} archived={r.archived_at !== null} refresh="market-fields" set={(archived) => ok(api.PATCH('/api/v1/market/fields/{field_id}', { params: { path: { field_id: r.id } }, body: { archived } }))} /> },
      ]} />
  );
}
