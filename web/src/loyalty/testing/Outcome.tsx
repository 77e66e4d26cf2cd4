import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconPin } from '@tabler/icons-react';
import { formatAmount, formatPoints, Section, SmallTable, type Column } from '@/kit';
import type { PointType, Program } from '../programs/model';
import { Against } from './Against';
import { modeWords, otherWords, type Draft, type Pinned, type Tested, type TestOrder } from './model';
import { SaveCase } from './SaveCase';
import { Steps } from './Steps';

type Line = Tested['result']['lines'][number];
const moves = (amount: string): boolean => !/^[0.]*$/.test(amount);

const columnsOf = (currency: string): Column<Line>[] => [
  { key: 'item', header: 'Item', priority: 1, cell: (line) => `${line.name ?? line.sku ?? line.id} × ${line.quantity}` },
  { key: 'base', header: 'Price', align: 'right', priority: 2, cell: (line) => formatAmount(line.base, currency) },
  { key: 'off', header: 'Discounts', priority: 2, cell: (line) => line.applied.map((one) => `${one.name}: −${one.amount}`).join(', ') || '–' },
  { key: 'redeemed', header: 'By points', align: 'right', priority: 3, cell: (line) => (moves(line.redeemed) ? formatAmount(line.redeemed, currency) : '–') },
  { key: 'final', header: 'To pay', align: 'right', priority: 1, cell: (line) => formatAmount(line.final, currency) },
];

function pointsWords(points: Record<string, string>, kinds: readonly PointType[]): string {
  return Object.entries(points).filter(([, amount]) => moves(amount)).map(([key, amount]) => { const kind = kinds.find((one) => one.key === key); return formatPoints(amount, kind?.name ?? key, kind?.places); }).join(', ');
}

function headline(tested: Tested, kinds: readonly PointType[]): string {
  const { result } = tested, { currency } = result;
  const earns = pointsWords(result.points.accrue, kinds), may = pointsWords(result.points.max_redeem, kinds), pays = pointsWords(result.points.redeem, kinds);
  return [
    `was ${formatAmount(result.total, currency)}`, moves(result.discount) && `−${formatAmount(result.discount, currency)}`, pays && `pays with ${pays}`, earns && `earns ${earns}`, may && `may use up to ${may}`,
  ].filter(Boolean).join(' · ');
}

/** `US$38.16, was US$47.70 · −US$9.54`. */
export const totalWords = (tested: Tested, kinds: readonly PointType[]): string => `${formatAmount(tested.result.final, tested.result.currency)}, ${headline(tested, kinds)}`;

interface Props {
  program: Program; draft: Draft; order: TestOrder; tested: Tested; pinned: Pinned | null; kinds: readonly PointType[];
  pin: (pinned: Pinned | null) => void; back: (draft: Draft) => void; saved: (id: number) => void;
}

/** What a basket would cost and earn, line by line and step by step. */
export function Outcome({ program, draft, order, tested, pinned, kinds, pin, back, saved }: Props) {
  const { result, other } = tested;
  const otherEarns = pointsWords(other.accrue, kinds);
  const names = new Map(result.trace.map((step) => [step.promotion, step.name]));
  const here: Pinned = { draft, tested, program: { id: program.id, name: program.name } };
  return (
    <Stack gap="md">
      {pinned && <Against a={pinned} b={here} program={program} back={back} unpin={() => { pin(null); }} />}
      <Paper withBorder p={{ base: 'md', sm: 'lg' }}>
        <Group justify="space-between" align="start" gap="sm">
          <div>
            <Title order={2} data-testid="to-pay">{formatAmount(result.final, result.currency)}</Title>
            <Text c="dimmed">{headline(tested, kinds)}</Text>
          </div>
          <Group gap="xs">
            <SaveCase programId={program.id} order={order} done={saved} />
            <Button variant="default" size="compact-sm" leftSection={<IconPin size={14} />} onClick={() => { pin(here); }}>{pinned ? 'Pin this as A' : 'Pin as A'}</Button>
          </Group>
        </Group>
        <SmallTable label="Lines worked out" columns={columnsOf(result.currency)} rows={result.lines} rowKey={(line) => line.id} />
        {moves(result.delivery) && <Text size="sm">Delivery {formatAmount(result.delivery, result.currency)}</Text>}
        {result.gifts.map((gift) => <Text key={gift.promotion} size="sm">Gift: {gift.sku} × {gift.quantity}</Text>)}
        {result.promo_codes.filter((code) => code.status !== 'used').map((code) => <Text key={code.code} size="sm" c="marigold">{code.code}: {code.reason}</Text>)}
        {other.differs && (
          <Text mt="sm" data-testid="other-mode">{otherWords(other, result.currency, otherEarns, names)}</Text>
        )}
      </Paper>
      <Section title="Step by step"><Steps tested={tested} program={program} order={order} /></Section>
      <Text size="sm" c="dimmed">Chosen {modeWords[tested.mode]}, worked out in {tested.took_ms} ms{result.search?.cut ? `; the search was stopped: nothing is worth more than ${formatAmount(result.search.bound, result.currency)} to the customer` : ''}. Nothing was written.</Text>
    </Stack>
  );
}
