import { Group, Menu, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronDown } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, doneToast, failToast, MoneyText, Num, paths } from '@/kit';
import { kindWords, useLineStatuses, type LineStatus, type OrderDetail, type OrderLine } from '../model';

/** A status as people read it while its name is on the way. */
const sentence = (status: string) => status.charAt(0).toUpperCase() + status.slice(1).replaceAll('_', ' ');

/** A line's status, and for who may change it a menu of the others. */
function LineState({ order, line }: { order: OrderDetail; line: OrderLine }) {
  const can = useCan('market:update');
  const statuses = useLineStatuses().data?.items ?? [];
  const name = statuses.find((s) => s.external_id === line.status)?.name ?? sentence(line.status);
  const set = useAction({
    refresh: [['orders']],
    run: (status: string, { headers }) => ok(api.POST('/api/v1/market/orders/{order_id}/lines/{line}/status', { params: { path: { order_id: order.id, line: line.line } }, body: { status }, headers })),
  });
  const choose = async (status: LineStatus) => {
    const sure = status.kind !== 'refunded' || await confirmConsequence({
      title: `Give back the whole of ${line.name}?`, body: 'What is left of the line is refunded, and what hangs on it, such as points, is taken back.', action: 'Give it back', keep: 'Leave it',
    });
    if (sure) set.mutate(status.external_id, { onSuccess: () => { doneToast(`${line.name}: ${status.name.toLowerCase()}`); }, onError: failToast });
  };
  if (!can || line.kind === 'refunded') return <Text span size="sm">{name}</Text>;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <UnstyledButton mih={24} aria-label={`Status of ${line.name}: ${name}`} disabled={set.isPending}><Group gap={4} wrap="nowrap"><Text span size="sm">{name}</Text><IconChevronDown size={14} aria-hidden /></Group></UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {statuses.filter((s) => s.external_id !== line.status && s.archived_at === null).map((s) => (
          <Menu.Item key={s.external_id} onClick={() => void choose(s)}>{s.name}{s.id !== null && <Text span size="xs" c="dimmed"> counts as {kindWords[s.kind]}</Text>}</Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const own = (line: OrderLine) => Object.entries(line.properties);

/** What was bought, what it cost and where it stands: a table, and on a phone two lines each. */
export function Lines({ order }: { order: OrderDetail }) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const money = (amount: string | null) => (amount === null ? '–' : <MoneyText value={{ amount, currency: order.currency }} />);
  const lines = order.lines ?? [];
  const below = (line: OrderLine) => [line.sku ?? line.product, ...own(line).map(([key, value]) => `${key}: ${String(value)}`)].join(' · ');
  const back = (line: OrderLine) => (Number(line.refunded) === 0 && Number(line.refunded_quantity) === 0 ? null : <Text size="xs" c="dimmed">gave back {money(line.refunded)}{Number(line.refunded_quantity) > 0 && <> · <Num value={line.refunded_quantity} /> of <Num value={line.quantity} /></>}</Text>);
  if (narrow) {
    const sum = (label: string, amount: string, strong = false) => <Group justify="space-between"><Text fw={strong ? 650 : undefined}>{label}</Text><Text fw={strong ? 650 : undefined} component="div">{money(amount)}</Text></Group>;
    return (
      <Stack gap="sm">
        {lines.map((line) => (
          <Group key={line.line} justify="space-between" align="start" wrap="nowrap" gap="sm">
            <div>
              <AppLink href={paths.product(line.product_id)}>{line.name}</AppLink>
              <Text size="xs" c="dimmed" component="div">{Number(line.quantity) === 0 ? 'adjustment' : <><Num value={line.quantity} /> × {money(line.price)}</>}{Number(line.discount) !== 0 && <> · discount {money(line.discount)}</>}</Text>
              {back(line)}
            </div>
            <Stack gap={2} align="end" style={{ flex: 'none' }}>{money(line.total)}<LineState order={order} line={line} /></Stack>
          </Group>
        ))}
        <div style={{ borderTop: '1px solid var(--fd-hairline)', paddingTop: 8 }}>
          {Number(order.delivery) !== 0 && sum('Delivery', order.delivery)}
          {sum('Total', order.total, true)}
          {Number(order.refunded) !== 0 && sum('Given back', `-${order.refunded}`)}
        </div>
      </Stack>
    );
  }
  const foot = (label: string, amount: string, strong = false) => <Table.Tr><Table.Th scope="row" colSpan={5}>{label}</Table.Th><Table.Td ta="right" fw={strong ? 700 : undefined}>{money(amount)}</Table.Td><Table.Td /></Table.Tr>;
  return (
    <Table.ScrollContainer minWidth={680} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs">
        <Table.Caption>Lines and delivery sum to the total of the order.</Table.Caption>
        <Table.Thead><Table.Tr><Table.Th>Product</Table.Th><Table.Th ta="right">Quantity</Table.Th><Table.Th ta="right">Price</Table.Th><Table.Th ta="right">Discount</Table.Th><Table.Th ta="right">Paid each</Table.Th><Table.Th ta="right">Total</Table.Th><Table.Th ta="right">Status</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.line}>
              <Table.Td><AppLink href={paths.product(line.product_id)}>{line.name}</AppLink> <Text c="dimmed" size="xs">{below(line)}</Text></Table.Td>
              <Table.Td ta="right">{Number(line.quantity) === 0 ? <Text span c="dimmed">adjustment</Text> : <Num value={line.quantity} />}</Table.Td>
              <Table.Td ta="right">{money(line.price)}</Table.Td>
              <Table.Td ta="right">{Number(line.discount) === 0 ? '–' : money(line.discount)}</Table.Td>
              <Table.Td ta="right">{money(line.final)}</Table.Td>
              <Table.Td ta="right">{money(line.total)}{back(line)}</Table.Td>
              <Table.Td ta="right"><Group justify="end"><LineState order={order} line={line} /></Group></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          {Number(order.delivery) !== 0 && foot('Delivery', order.delivery)}
          {foot('Total', order.total, true)}
          {Number(order.refunded) !== 0 && foot('Given back', `-${order.refunded}`)}
        </Table.Tfoot>
      </Table>
    </Table.ScrollContainer>
  );
}
