import { Group, Stack, Table, Text } from '@mantine/core';
import { formatAmount, formatNumber, formatPercent, Rate, Section, ToneBadge, type Tone } from '@/kit';
import type { ControlMetric, ControlReport } from './model';

const verdicts: Readonly<Record<ControlMetric['verdict'], { tone: Tone; words: string }>> = {
  higher: { tone: 'moss', words: 'higher' }, lower: { tone: 'clay', words: 'lower' }, cannot_tell: { tone: 'iris', words: 'can’t tell yet' }, too_few: { tone: 'gray', words: 'too few' },
};

/** A figure as it is written: a share, money or a number. */
export function written(metric: Pick<ControlMetric, 'unit'>, value: number | null | undefined, currency: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (metric.unit === 'share') return formatPercent(value);
  if (metric.unit === 'money' && currency) return formatAmount(value.toFixed(2), currency);
  return formatNumber(Number(value.toFixed(2)));
}

/** A difference as it is written, with its sign; shares in points. */
export function change(metric: Pick<ControlMetric, 'unit'>, value: number | null | undefined, currency: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  const text = metric.unit === 'share' ? (size * 100).toFixed(1) : written(metric, size, currency);
  const nothing = Number(text.replace(/[^\d]/g, '')) === 0;
  return `${nothing ? '' : value > 0 ? '+' : '−'}${text}${metric.unit === 'share' ? ' points' : ''}`;
}

const relative = (value: number | null | undefined) => (value === null || value === undefined ? '–' : `${value > 0 ? '+' : ''}${formatPercent(value).replace('-', '−')}`);

export function VerdictBadge({ verdict }: { verdict: ControlMetric['verdict'] }) {
  return <ToneBadge tone={verdicts[verdict].tone}>{verdicts[verdict].words}</ToneBadge>;
}

/** Each figure: both sides, the difference with its range, and what follows. */
export function EffectTable({ report }: { report: ControlReport }) {
  const { currency } = report;
  const known = (m: ControlMetric) => (m.verdict === 'too_few' ? '–' : change(m, m.difference, currency)); // a point alone would mislead
  const range = (m: ControlMetric) => (m.low == null || m.high == null ? 'needs more buyers' : `${change(m, m.low, currency)} to ${change(m, m.high, currency)}`);
  return (
    <>
      <Table.ScrollContainer minWidth={720} visibleFrom="sm" scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs">
        <Table.Thead><Table.Tr><Table.Th>Figure</Table.Th><Table.Th ta="right">Others</Table.Th><Table.Th ta="right">Control</Table.Th><Table.Th ta="right">Difference</Table.Th><Table.Th ta="right">95 % range</Table.Th><Table.Th ta="right">Relative</Table.Th><Table.Th>Others are</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {report.metrics.map((m) => (
            <Table.Tr key={m.key}>
              <Table.Td>{m.label}</Table.Td>
              <Table.Td ta="right" className="fd-num">{m.key === 'conversion' ? <Rate part={report.rest.buyers} whole={report.rest.people} /> : written(m, m.rest, currency)}</Table.Td>
              <Table.Td ta="right" className="fd-num">{m.key === 'conversion' ? <Rate part={report.control.buyers} whole={report.control.people} /> : written(m, m.control, currency)}</Table.Td>
              <Table.Td ta="right" className="fd-num">{known(m)}</Table.Td>
              <Table.Td ta="right" className="fd-num">{range(m)}</Table.Td>
              <Table.Td ta="right" className="fd-num">{relative(m.relative)}</Table.Td>
              <Table.Td><VerdictBadge verdict={m.verdict} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      </Table.ScrollContainer>
      <Stack hiddenFrom="sm" gap="md" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {report.metrics.map((m) => (
          <li key={m.key}>
            <Group justify="space-between" wrap="nowrap"><Text fw={650}>{m.label}</Text><VerdictBadge verdict={m.verdict} /></Group>
            <Text className="fd-num">{written(m, m.rest, currency)} against {written(m, m.control, currency)} in control</Text>
            <Text size="xs" c="dimmed" className="fd-num">{m.verdict === 'too_few' ? range(m) : `${known(m)} · ${range(m)}`}</Text>
          </li>
        ))}
      </Stack>
    </>
  );
}

/** The same for each stratum: whom messages move, and whom not. */
export function StrataReport({ report }: { report: ControlReport }) {
  const { currency } = report;
  const of = (part: ControlReport['strata'][number], key: ControlMetric['key']) => part.metrics.find((m) => m.key === key);
  return (
    <Section title="By stratum" text="Small strata say less: judge the whole first.">
      <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing="xs">
          <Table.Thead><Table.Tr><Table.Th>Stratum</Table.Th><Table.Th ta="right">Others who bought</Table.Th><Table.Th ta="right">Control who bought</Table.Th><Table.Th ta="right">Difference</Table.Th><Table.Th ta="right">95 % range</Table.Th><Table.Th>Others are</Table.Th>{currency && <Table.Th ta="right">Revenue each, difference</Table.Th>}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {report.strata.map((part) => {
              const bought = of(part, 'conversion'), revenue = of(part, 'revenue');
              return (
                <Table.Tr key={part.key}>
                  <Table.Td>{part.label}</Table.Td>
                  <Table.Td ta="right"><Rate part={part.rest.buyers} whole={part.rest.people} /></Table.Td>
                  <Table.Td ta="right"><Rate part={part.control.buyers} whole={part.control.people} /></Table.Td>
                  <Table.Td ta="right" className="fd-num">{bought && bought.verdict !== 'too_few' ? change(bought, bought.difference, currency) : '–'}</Table.Td>
                  <Table.Td ta="right" className="fd-num">{bought?.low != null && bought.high != null ? `${change(bought, bought.low, currency)} to ${change(bought, bought.high, currency)}` : '–'}</Table.Td>
                  <Table.Td>{bought && <VerdictBadge verdict={bought.verdict} />}</Table.Td>
                  {currency && <Table.Td ta="right" className="fd-num">{revenue && revenue.verdict !== 'too_few' ? change(revenue, revenue.difference, currency) : '–'}</Table.Td>}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
