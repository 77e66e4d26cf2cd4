import { Alert, Button, Group, NumberInput, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { newKey, useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { doneToast, failToast, MoneyText, Num } from '@/kit';
import { orderState, type OrderDetail, type OrderLine } from '../model';
import { wrongRefund } from './amounts';

const left = (line: OrderLine) => Number(line.quantity) - Number(line.refunded_quantity);
const money = (line: OrderLine) => (Number(line.total) - Number(line.refunded)).toFixed(2);
/** Lines of which something can be given back. */
export const refundable = (order: OrderDetail) => (order.lines ?? []).filter((line) => line.kind !== 'cancelled' && line.kind !== 'refunded' && (left(line) > 0 || Number(money(line)) !== 0));

type How = 'items' | 'money';

/** Chooses what is given back, and says what that does before it is done. */
export function RefundForm({ order, onDone, onCancel }: { order: OrderDetail; onDone: () => void; onCancel: () => void }) {
  const lines = refundable(order);
  const [counts, setCounts] = useState<Record<number, number>>({});
  const [sums, setSums] = useState<Record<number, string>>({});
  const [how, setHow] = useState<How>('items');
  const [delivery, setDelivery] = useState(false);
  const [reason, setReason] = useState('');
  const [reference] = useState(() => `page-${newKey()}`);
  const rest = Number(order.delivery) - Number(order.delivery_refunded);
  // a line of no items (an adjustment), or whose items all came back, is given back whole or not at all
  const ofItems = lines.filter((line) => (counts[line.line] ?? 0) > 0).map((line) => (counts[line.line] === left(line) || left(line) <= 0 ? { line: line.line } : { line: line.line, quantity: counts[line.line] ?? 0 }));
  // money alone: the customer keeps the items
  const ofMoney = lines.filter((line) => sums[line.line]?.trim()).map((line) => ({ line: line.line, amount: (sums[line.line] ?? '').trim().replace(',', '.') }));
  const faults = Object.fromEntries(lines.map((line) => [line.line, wrongRefund(sums[line.line] ?? '', Number(money(line)))]));
  const wrong = how === 'money' && Object.values(faults).some(Boolean);
  const chosen = how === 'money' ? ofMoney : ofItems;
  const body = { lines: chosen, delivery: delivery ? 'rest' : '0', reason: reason.trim() };
  const [asked] = useDebouncedValue({ lines: body.lines, delivery: body.delivery }, 250);
  const nothing = (chosen.length === 0 && !delivery) || wrong;
  const effect = useQuery({
    queryKey: ['orders', order.id, 'refund', asked, order.updated_at], enabled: !nothing, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/market/orders/{order_id}/refunds/preview', { params: { path: { order_id: order.id } }, body: asked, signal })),
  });
  const give = useAction({
    refresh: [['orders']],
    run: (sent: typeof body, { headers }) => ok(api.POST('/api/v1/market/orders/{order_id}/refunds', { params: { path: { order_id: order.id } }, body: { ...sent, reference }, headers })),
  });
  const all = () => {
    setHow('items');
    setCounts(Object.fromEntries(lines.map((line) => [line.line, Math.max(left(line), 0) || 1])));
    setDelivery(rest > 0);
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); give.mutate(body, { onSuccess: (after) => { doneToast(`Order #${order.external_id}: ${orderState(after.status).label.toLowerCase()}`); onDone(); }, onError: failToast }); }}>
      <Stack>
        <SegmentedControl<How> aria-label="What is given back" data={[{ value: 'items', label: 'Items' }, { value: 'money', label: 'Money only' }]} value={how} onChange={(value) => { setHow(value); }} />
        <Group justify="space-between"><Text size="sm" c="dimmed">{how === 'items' ? 'How many of each are given back?' : 'The customer keeps the items. How much of each is given back?'}</Text>{how === 'items' && <Button variant="subtle" size="compact-sm" onClick={all}>Everything that is left</Button>}</Group>
        {lines.map((line) => (
          <Group key={line.line} justify="space-between" wrap="nowrap" align="center">
            <div><Text size="sm">{line.name}</Text><Text size="xs" c="dimmed" component="div">{left(line) > 0 ? <><Num value={left(line)} /> left, </> : 'left: '}<MoneyText value={{ amount: money(line), currency: order.currency }} /></Text></div>
            {how === 'money' ? <TextInput aria-label={`Money of ${line.name}`} inputMode="decimal" placeholder="0.00" w={128} style={{ flex: 'none' }} disabled={Number(money(line)) <= 0} error={faults[line.line]} value={sums[line.line] ?? ''} onChange={(event) => { setSums({ ...sums, [line.line]: event.currentTarget.value }); }} />
              : left(line) > 0 ? <NumberInput aria-label={`Items of ${line.name}`} min={0} max={left(line)} w={96} style={{ flex: 'none' }} value={counts[line.line] ?? 0} onChange={(value) => { setCounts({ ...counts, [line.line]: Number(value) || 0 }); }} />
              : <Switch aria-label={`Give back ${line.name}`} checked={(counts[line.line] ?? 0) > 0} onChange={(event) => { setCounts({ ...counts, [line.line]: event.currentTarget.checked ? 1 : 0 }); }} />}
          </Group>
        ))}
        {rest > 0 && <Switch label={<>Delivery too, <MoneyText value={{ amount: rest.toFixed(2), currency: order.currency }} /></>} checked={delivery} onChange={(event) => { setDelivery(event.currentTarget.checked); }} />}
        <TextInput label="Reason" description="Kept with the refund" value={reason} maxLength={1000} onChange={(event) => { setReason(event.currentTarget.value); }} />
        {!nothing && effect.data && (
          <Alert color="fjord" title={<>Gives back <MoneyText value={{ amount: effect.data.amount, currency: effect.data.currency }} /></>}>
            <Text size="sm">{effect.data.status_after === order.status ? `The order stays ${orderState(order.status).label.toLowerCase()}.` : `The order becomes ${orderState(effect.data.status_after).label.toLowerCase()}.`}</Text>
            {effect.data.notes.map((note) => <Text key={note} size="sm">{note}</Text>)}
          </Alert>
        )}
        {!nothing && effect.isError && <Alert color="red">{toProblem(effect.error).message}</Alert>}
        <Group justify="end"><Button variant="default" onClick={onCancel}>Cancel</Button><Button type="submit" disabled={nothing || effect.isError} loading={give.isPending}>Give back</Button></Group>
      </Stack>
    </form>
  );
}
