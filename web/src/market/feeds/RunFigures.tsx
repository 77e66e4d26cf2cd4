import { List, Stack, Text } from '@mantine/core';
import { formatCount, formatNumber, Section, SmallTable, SumBar, type Column } from '@/kit';
import { CreateField } from './CreateField';
import { fieldTypes, type FeedRun, type UnknownField } from './model';

/** What became of the offers: the parts add up to all of them. */
export function RunFigures({ run }: { run: FeedRun }) {
  return (
    <Section title={formatCount(run.offers, 'offer', 'offers')}>
      <Stack gap="md">
        <SumBar label="Offers" parts={[
          { label: 'Created', value: run.created, tone: 'fjord' }, { label: 'Changed', value: run.updated, tone: 'iris' }, { label: 'As before', value: run.unchanged, tone: 'gray' },
          { label: 'Not for this feed', value: run.skipped, tone: 'marigold' }, { label: 'Rejected', value: run.rejected, tone: 'clay' },
        ]} />
        <Text c="dimmed">{[formatCount(run.products, 'product', 'products'), formatCount(run.skus, 'SKU', 'SKUs'), run.category_count > 0 && formatCount(run.category_count, 'category', 'categories')].filter(Boolean).join(' · ')}</Text>
      </Stack>
    </Section>
  );
}

/** Why offers were refused, the most frequent reason first. */
export function Reasons({ run }: { run: FeedRun }) {
  if (run.reasons.length === 0) return null;
  return (
    <Section title="Why offers were rejected">
      <List size="sm">{run.reasons.slice(0, 20).map((r) => <List.Item key={`${r.field} ${r.reason}`}><b>{formatNumber(r.offers)}</b> · {r.field || 'offer'}: {r.reason}</List.Item>)}</List>
    </Section>
  );
}

const typeLabel = (u: UnknownField) => fieldTypes.find((t) => t.value === u.type)?.label ?? u.type;

/** What offers tell and no field is there for; one click makes the field. */
export function UnknownFields({ run, onMade }: { run: FeedRun; onMade: () => void }) {
  if (run.unknown.length === 0) return null;
  const columns: Column<UnknownField>[] = [
    { key: 'name', header: 'In the feed', cell: (u) => u.name },
    { key: 'examples', header: 'Examples', priority: 2, cell: (u) => u.examples.join(', ') },
    { key: 'type', header: 'Looks like', priority: 3, cell: typeLabel },
    { key: 'offers', header: 'Offers', align: 'right', priority: 2, cell: (u) => formatNumber(u.offers) },
    { key: 'make', header: 'Field', priority: 1, cell: (u) => <CreateField fieldKey={u.key} name={u.name} type={u.type} onMade={onMade} /> },
  ];
  return (
    <Section title="Unknown fields" text="They stand with the products as they came. A field of its own makes them typed, and rules can ask for them.">
      <SmallTable<UnknownField> label="Unknown fields" columns={columns} rows={run.unknown.slice(0, 50)} rowKey={(u) => u.key} />
    </Section>
  );
}
