import { Group, Table, Text } from '@mantine/core';
import { formatNumber, Rate, ToneBadge } from '@/kit';
import { RangeLine, reachOf } from './RangeLine';
import { known, range, relatively, verdicts, written, type Effect, type Verdict } from './words';
import css from './effects.module.css';

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  return <ToneBadge tone={verdicts[verdict].tone}>{verdicts[verdict].words}</ToneBadge>;
}

interface EffectTableProps {
  rows: readonly Effect[];
  currency: string | null;
  /** what those who may be written to are called: "Others", "Test group" */
  others: string;
  /** "Others are", "Test group is" */
  are: string;
  /** what too few lack */
  none?: string;
}

const side = (m: Effect, which: 'others' | 'control', currency: string | null) => {
  const counts = m.counts?.[which];
  return counts ? <Rate part={counts[0]} whole={counts[1]} /> : written(m, m[which], currency);
};

/** Two digits: more would pretend to know. */
const about = (n: number) => formatNumber(Math.ceil(n / 10 ** Math.max(0, String(n).length - 2)) * 10 ** Math.max(0, String(n).length - 2));
const needs = (m: Effect) => (m.verdict === 'cannot_tell' && m.needed !== null ? `needs about ${about(m.needed)} in control` : null);

const drawn = (m: Effect) => (m.verdict === 'too_few' ? null : <RangeLine low={m.low} mid={m.difference} high={m.high} reach={reachOf([m])} />);

/** Each figure: both sides, the difference with its range drawn and in words, and what follows. */
export function EffectTable({ rows, currency, others, are, none = 'needs more buyers' }: EffectTableProps) {
  return (
    <>
      <Table.ScrollContainer minWidth={820} visibleFrom="sm" scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Both sides compared' } }}>
        <Table verticalSpacing="xs" className={css.table ?? ''}>
          <Table.Thead><Table.Tr><Table.Th>Figure</Table.Th><Table.Th ta="right">{others}</Table.Th><Table.Th ta="right">Control</Table.Th><Table.Th ta="right">Difference</Table.Th><Table.Th w={216}>95 % range, around 0</Table.Th><Table.Th ta="right">Relative</Table.Th><Table.Th>{are}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {rows.map((m) => (
              <Table.Tr key={m.key}>
                <Table.Td>{m.label}</Table.Td>
                <Table.Td ta="right" className="fd-num">{side(m, 'others', currency)}</Table.Td>
                <Table.Td ta="right" className="fd-num">{side(m, 'control', currency)}</Table.Td>
                <Table.Td ta="right" className="fd-num">{known(m, currency)}</Table.Td>
                <Table.Td>{drawn(m)}<Text size="xs" c="dimmed">{range(m, currency, m.missing ?? none)}</Text></Table.Td>
                <Table.Td ta="right" className="fd-num">{relatively(m.verdict === 'too_few' ? null : m.relative)}</Table.Td>
                <Table.Td><VerdictBadge verdict={m.verdict} />{needs(m) && <Text size="xs" c="dimmed" mt={4}>{needs(m)}</Text>}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text component="div" hiddenFrom="sm">
        <ul className={css.list}>
          {rows.map((m) => (
            <li key={m.key}>
              <Group justify="space-between" wrap="nowrap"><Text fw={650}>{m.label}</Text><VerdictBadge verdict={m.verdict} /></Group>
              <Text className="fd-num" style={{ whiteSpace: 'normal' }}>{written(m, m.others, currency)} against {written(m, m.control, currency)} in control</Text>
              {drawn(m)}
              <Text size="xs" c="dimmed">{m.verdict === 'too_few' ? range(m, currency, m.missing ?? none) : [known(m, currency), range(m, currency, none), needs(m)].filter(Boolean).join(' · ')}</Text>
            </li>
          ))}
        </ul>
      </Text>
    </>
  );
}

/** One stratum: people of both sides who did it, and how they compare. */
export interface StratumEffects {
  key: string;
  label: string;
  others: readonly [number, number];
  control: readonly [number, number];
  share: Effect | undefined;
  money: Effect | undefined;
}

interface StrataEffectsProps {
  parts: readonly StratumEffects[];
  currency: string | null;
  others: string;
  are: string;
  /** "bought", "converted" */
  did: string;
}

/** The same for each stratum, drawn on one scale: whom it moves, and whom not. */
export function StrataEffects({ parts, currency, others, are, did }: StrataEffectsProps) {
  const told = (m: Effect | undefined) => (m && m.verdict !== 'too_few' ? m : undefined);
  const reach = reachOf(parts.flatMap((p) => told(p.share) ?? []));
  const amounts = currency !== null && parts.some((p) => told(p.money));
  const missing = `needs more people who ${did}`;
  return (
    <Table.ScrollContainer minWidth={820} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Strata compared' } }}>
      <Table verticalSpacing="xs" className={css.table ?? ''}>
        <Table.Thead><Table.Tr><Table.Th>Stratum</Table.Th><Table.Th ta="right">{others} who {did}</Table.Th><Table.Th ta="right">Control who {did}</Table.Th><Table.Th ta="right">Difference</Table.Th><Table.Th w={216}>95 % range, around 0</Table.Th><Table.Th>{are}</Table.Th>{amounts && <Table.Th ta="right">Revenue each, difference</Table.Th>}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {parts.map((part) => {
            const share = told(part.share), money = told(part.money);
            return (
              <Table.Tr key={part.key}>
                <Table.Td miw={120}>{part.label}</Table.Td>
                <Table.Td ta="right"><Rate part={part.others[0]} whole={part.others[1]} /></Table.Td>
                <Table.Td ta="right"><Rate part={part.control[0]} whole={part.control[1]} /></Table.Td>
                <Table.Td ta="right" className="fd-num">{share ? known(share, currency) : '–'}</Table.Td>
                <Table.Td>{share && <RangeLine low={share.low} mid={share.difference} high={share.high} reach={reach} />}<Text size="xs" c="dimmed" className="fd-num">{share ? range(share, currency, missing) : missing}</Text></Table.Td>
                <Table.Td>{part.share && <VerdictBadge verdict={part.share.verdict} />}</Table.Td>
                {amounts && <Table.Td ta="right" className="fd-num">{money ? known(money, currency) : '–'}</Table.Td>}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
