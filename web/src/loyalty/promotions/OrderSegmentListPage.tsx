import { Text } from '@mantine/core';
import { IconFilter, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, doneToast, failToast, FirstUse, Loaded, MenuActions, NeedDatabase, NO_VALUE, Page, paths, Section, SmallTable, useGo, type Column } from '@/kit';
import { useOrderSegments, type OrderSegment } from './model';

/** Order segments of the database at hand. */
export function OrderSegmentListPage() {
  const database = useDatabase(), go = useGo(), can = useCan('loyalty:create');
  const query = useOrderSegments(database?.id);
  const away = useAction({ refresh: [['order-segments']], run: (id: number) => ok(api.DELETE('/api/v1/loyalty/order-segments/{segment_id}', { params: { path: { segment_id: id } } })) });
  if (!database) return <NeedDatabase title="Order segments" crumbs={[{ label: 'Promotions', href: paths.promotions() }]} why="Order segments belong to a database." />;
  const add = { label: 'New order segment', icon: <IconPlus size={16} />, onClick: () => { go(paths.orderSegmentNew()); }, shortcut: 'n' };
  const columns: Column<OrderSegment>[] = [
    { key: 'name', header: 'Name', cell: (s) => <AppLink href={paths.orderSegment(s.id)}>{s.name}</AppLink> }, { key: 'sentence', header: 'Which orders', priority: 2, cell: (s) => <Text size="sm">{s.sentence}</Text> },
    { key: 'used', header: 'Used by', priority: 2, cell: (s) => (s.used_by.length ? s.used_by.join(', ') : NO_VALUE) },
    { key: 'actions', header: 'Actions', align: 'right', cell: (s) => can && <MenuActions label={`Actions for ${s.name}`} actions={[{ label: 'Archive', danger: true, onClick: () => { away.mutate(s.id, { onSuccess: () => { doneToast(`${s.name} archived`); }, onError: failToast }); } }]} /> },
  ];
  return (
    <Page title="Order segments" crumbs={[{ label: 'Promotions', href: paths.promotions() }]} {...(can ? { primary: add } : {})} help={{ text: 'Named rules over an order that is being worked out, to be used in several promotions.', guide: 'promotions', api: '/loyalty/order-segments' }}>
      <Loaded query={query} what="the order segments">
        {(items) => (items.length === 0 ? <FirstUse icon={IconFilter} title="Name a kind of order" text="Large orders, orders from one shop, orders with coffee: say once which they are, and use it in promotions." {...(can ? { primary: add } : {})} /> : <Section><SmallTable<OrderSegment> label="Order segments" columns={columns} rows={items} rowKey={(s) => s.id} /></Section>)}
      </Loaded>
    </Page>
  );
}
