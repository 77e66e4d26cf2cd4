import { ActionIcon, Group, Loader, Select, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, useAppForm } from '@/kit';
import { relationKinds, type ProductDetail, type RelationKind } from '../model';

type Row = { product: string; name: string; kind: RelationKind; weight: number };

/** Looks products up by what is typed; one that is chosen is handed on. */
function Find({ without, onFound }: { without: string; onFound: (product: string, name: string) => void }) {
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed.trim(), 250);
  const query = useQuery({
    queryKey: ['products', 'search', asked], placeholderData: keepPreviousData, staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/market/products', { params: { query: { limit: 20, ...(asked ? { q: asked } : {}) } }, signal })),
  });
  const found = (query.data?.items ?? []).filter((p) => p.external_id !== without);
  return (
    <Select label="Add a product" placeholder="Name, id or brand" searchable value={null} searchValue={typed} onSearchChange={setTyped} rightSection={query.isFetching ? <Loader size={14} /> : undefined}
      data={found.map((p) => ({ value: p.external_id, label: `${p.name || p.external_id} · ${p.external_id}` }))} filter={({ options }) => options}
      nothingFoundMessage={query.isError ? 'The products could not be looked up; try again' : query.isFetching ? 'Looking…' : 'No product is called this'}
      onChange={(id) => { const one = found.find((p) => p.external_id === id); if (one) { onFound(one.external_id, one.name || one.external_id); setTyped(''); } }} />
  );
}

/** Which products go with one: found by search, taken away, and how they go with it. */
export function RelationsForm({ product, onSaved }: { product: ProductDetail; onSaved: () => void }) {
  const [kind, setKind] = useState<RelationKind>('similar');
  const f = useAppForm<{ items: Row[] }>({ initialValues: { items: product.relations.map((r) => ({ product: r.product, name: r.name, kind: r.kind, weight: r.weight })) } });
  const rows = f.form.values.items;
  const put = (items: Row[]) => { f.form.setFieldValue('items', items); };
  const save = useAction({
    refresh: [['products']],
    run: (v: { items: Row[] }, { headers }) => ok(api.PUT('/api/v1/market/products/{product_id}/relations', { params: { path: { product_id: product.id } }, body: { items: v.items.map(({ product: other, kind: how, weight }) => ({ product: other, kind: how, weight })) }, headers })),
  });
  const add = (id: string, name: string) => { if (!rows.some((r) => r.product === id && r.kind === kind)) put([...rows, { product: id, name, kind, weight: 1 }]); };
  return (
    <AppForm state={f} mode="edit" saveLabel="Save what goes with it" onSave={async (v) => { await save.mutateAsync(v); doneToast(`What goes with ${product.name} is saved`); onSaved(); }}>
      <Select label="How it goes with the product" allowDeselect={false} data={relationKinds.map((k) => ({ value: k.kind, label: k.title }))} value={kind} onChange={(value) => { setKind(value ?? 'similar'); }} />
      <Find without={product.external_id} onFound={add} />
      <Stack gap="md">
        {rows.length === 0 && <Text size="sm" c="dimmed">Nothing goes with it yet.</Text>}
        {relationKinds.filter((k) => rows.some((r) => r.kind === k.kind)).map((k) => (
          <div key={k.kind} role="group" aria-label={k.title}>
            <Text size="sm" c="dimmed" mb={4}>{k.title}</Text>
            {rows.map((row, n) => row.kind === k.kind && (
              <Group key={`${row.kind} ${row.product}`} justify="space-between" wrap="nowrap" gap="xs">
                <div style={{ minWidth: 0 }}><Text truncate>{row.name}</Text>{f.form.errors[`items.${n}.product`] ? <Text size="xs" c="var(--mantine-color-error)">{f.form.errors[`items.${n}.product`]}</Text> : <Text size="xs" c="dimmed" truncate>{row.product}</Text>}</div>
                <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove ${row.name} from ${k.title.toLowerCase()}`} onClick={() => { put(rows.filter((_, at) => at !== n)); }}><IconTrash size={16} /></ActionIcon>
              </Group>
            ))}
          </div>
        ))}
      </Stack>
    </AppForm>
  );
}
