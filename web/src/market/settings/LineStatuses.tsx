import { Code, Select, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, ToneBadge, useAppForm, type QueryLike } from '@/kit';
import { kindWords, type LineStatus } from '../model';
import { Archive } from './Archive';
import { Frame } from './Frame';

type Kind = Exclude<LineStatus['kind'], 'new'>;
const kinds: readonly { value: Kind; label: string }[] = [{ value: 'in_process', label: 'In process' }, { value: 'delivered', label: 'Delivered' }, { value: 'cancelled', label: 'Cancelled' }, { value: 'refunded', label: 'Refunded' }];

function StatusForm({ onDone }: { onDone: () => void }) {
  const f = useAppForm<{ name: string; external_id: string; kind: Kind }>({
    initialValues: { name: '', external_id: '', kind: 'in_process' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name', external_id: v.external_id.trim() ? null : 'Enter the id that your shop sends' }),
  });
  const save = useAction({ refresh: [['line-statuses']], run: (v: typeof f.form.values, { headers }) => ok(api.POST('/api/v1/market/line-statuses', { body: { ...v, name: v.name.trim(), external_id: v.external_id.trim() }, headers })) });
  return (
    <AppForm state={f} mode="create" saveLabel="Set up the status" onCancel={onDone} onSave={async (v) => { await save.mutateAsync(v); doneToast(`${v.name} is set up`); onDone(); }}>
      <TextInput label="Name" required {...f.form.getInputProps('name')} />
      <TextInput label="Id" description="What your shop sends" required {...f.form.getInputProps('external_id')} />
      <Select label="Counts as" description="Cannot be changed later" allowDeselect={false} data={kinds} {...f.form.getInputProps('kind')} />
    </AppForm>
  );
}

/** Statuses that a line of an order may have. */
export function LineStatuses({ query }: { query: QueryLike<{ items: LineStatus[] }> }) {
  return (
    <Frame<LineStatus> title="Line statuses" what="Line statuses" query={query} addLabel="Add a status" drawer="status" rowKey={(r) => r.external_id} form={(close) => <StatusForm onDone={close} />}
      text="What your shop calls the states of a line, and which of the built-in ones each counts as: the order's own state follows from them."
      columns={[
        { key: 'name', header: 'Status', cell: (r) => r.name },
        { key: 'id', header: 'Id', priority: 2, cell: (r) => <Code>{r.external_id}</Code> },
        { key: 'kind', header: 'Counts as', priority: 2, cell: (r) => (r.id === null ? <ToneBadge>Built in</ToneBadge> : kindWords[r.kind]) },
        { key: 'actions', header: 'Actions', align: 'right', priority: 1, cell: (r) => (r.id === null ? null : <Archive name={r.name} archived={r.archived_at !== null} refresh="line-statuses" set={(archived) => ok(api.PATCH('/api/v1/market/line-statuses/{status_id}', { params: { path: { status_id: r.id ?? 0 } }, body: { archived } }))} />) },
      ]} />
  );
}
