import { Alert, Button, Image, List, Stack, Text } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { formatNumber, MoneyText, PanelError, Section, SmallTable, type Column } from '@/kit';
import { MappingTable } from './MappingTable';
import { formats, type FeedMapping, type FeedPreview } from './model';

type Offer = FeedPreview['offers'][number];

const columns: Column<Offer>[] = [
  { key: 'name', header: 'Offer', cell: (o) => o.name ?? o.id },
  { key: 'id', header: 'Id', priority: 2, cell: (o) => (o.group ? `${o.id} of ${o.group}` : o.id) },
  { key: 'price', header: 'Price', align: 'right', priority: 1, cell: (o) => (o.price && o.currency ? <MoneyText value={{ amount: o.price, currency: o.currency }} /> : o.price) },
  { key: 'brand', header: 'Brand', priority: 3, cell: (o) => o.brand },
  { key: 'category', header: 'Category', priority: 3, cell: (o) => o.category },
  { key: 'picture', header: 'Picture', priority: 3, cell: (o) => o.picture && <Image src={o.picture} alt="" w={32} h={32} fit="contain" loading="lazy" /> },
];

interface LookProps { look: Pick<UseMutationResult<FeedPreview>, 'data' | 'error' | 'isPending'>; onLook: () => void; mapping: FeedMapping[]; onMapping: (mapping: FeedMapping[]) => void }

/** The first offers of a source before anything is stored, and where their parts go. */
export function LookPanel({ look, onLook, mapping, onMapping }: LookProps) {
  const seen = look.data;
  return (
    <Section title="First offers" text="Nothing is written by looking." actions={<Button variant="default" loading={look.isPending} onClick={onLook}>{seen ? 'Look again' : 'Look at the first offers'}</Button>}>
      <Stack gap="md">
        {look.error && <PanelError error={look.error} what="the first offers" />}
        {seen && (
          <>
            <Text>{formats[seen.format]}{seen.whole ? '' : ' · only the beginning was fetched'}</Text>
            {seen.offers.length > 0 && <SmallTable<Offer> label="First offers" columns={columns} rows={seen.offers.slice(0, 8)} rowKey={(o) => o.id} />}
            {seen.rejected.length > 0 && (
              <Alert color="marigold" title={seen.rejected.length === 1 ? 'One of these offers cannot be taken' : `${formatNumber(seen.rejected.length)} of these offers cannot be taken`}>
                <List size="sm">{seen.rejected.slice(0, 5).map((r) => <List.Item key={r.id}>Line {formatNumber(r.line)}{r.offer ? `, offer ${r.offer}` : ''}: {r.field} {r.value && `“${r.value}”`} – {r.reason}</List.Item>)}</List>
              </Alert>
            )}
            <MappingTable names={seen.names} mapping={mapping} onChange={onMapping} onMade={onLook} />
          </>
        )}
      </Stack>
    </Section>
  );
}
