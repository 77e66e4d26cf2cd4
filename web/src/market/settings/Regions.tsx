import { Text, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, StateBadge, useAppForm, type QueryLike } from '@/kit';
import type { Region } from '../model';
import { Archive } from './Archive';
import { Frame } from './Frame';

function RegionForm({ onDone }: { onDone: () => void }) {
  const f = useAppForm({
    initialValues: { name: '', external_id: '' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name', external_id: v.external_id.trim() ? null : 'Enter the id that orders and prices name it by' }),
  });
  const save = useAction({ refresh: [['regions']], run: (v: typeof f.form.values, { headers }) => ok(api.POST('/api/v1/market/regions', { body: { name: v.name.trim(), external_id: v.external_id.trim() }, headers })) });
  return (
    <AppForm state={f} mode="create" saveLabel="Set up the region" onCancel={onDone} onSave={async (v) => { await save.mutateAsync(v); doneToast(`${v.name} is set up`); onDone(); }}>
      <TextInput label="Name" required {...f.form.getInputProps('name')} />
      <TextInput label="Id" description="Orders, prices and stock name the region by it" required {...f.form.getInputProps('external_id')} />
    </AppForm>
  );
}

/** Regions: prices, stock and orders may name one. */
export function Regions({ query }: { query: QueryLike<{ items: Region[] }> }) {
  return (
    <Frame<Region> title="Regions" what="Regions" query={query} addLabel="Add a region" drawer="region" rowKey={(r) => r.id} form={(close) => <RegionForm onDone={close} />}
      text="A product may have its own price and stock in a region, and an order may say in which region it was placed."
      columns={[
        { key: 'name', header: 'Region', cell: (r) => r.name },
        { key: 'id', header: 'Id', priority: 2, cell: (r) => <Text span size="sm" c="dimmed">{r.external_id}</Text> },
        { key: 'state', header: 'State', priority: 2, cell: (r) => <StateBadge state={r.archived_at ? 'archived' : 'active'} size="sm" label={r.archived_at ? 'Archived' : 'In use'} /> },
        { key: 'actions', header: 'Actions', align: 'right', priority: 1, cell: (r) => <Archive name={r.name} archived={r.archived_at !== null} refresh="regions" set={(archived) => ok(api.PATCH('/api/v1/market/regions/{region_id}', { params: { path: { region_id: r.id } }, body: { archived } }))} /> },
      ]} />
  );
}
