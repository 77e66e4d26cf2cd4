import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, Chart, confirmConsequence, doneToast, failToast, formatCount, formatNumber, formatShare, NO_VALUE, Num, paths, Section, SmallTable, ToneBadge, useAnnounceChange, type Column } from '@/kit';
import type { Mailing, MailingReport } from '../model';
import { letter, metrics, shareOf, stateWords, type TestReport, type VariantReport } from './model';

type Share = VariantReport['opened'];

const percent = (value: number | null) => (value === null ? NO_VALUE : `${(100 * value).toFixed(1)} %`);

function Rated({ share }: { share: Share }) {
  return <span className="fd-num" title={`${formatNumber(share.people)} of ${formatNumber(share.of)}; in 95 of 100 cases the true rate is between ${percent(share.low)} and ${percent(share.high)}`}>{formatShare(share.people, share.of)}</span>;
}

const peopleOf = (mailing: Mailing, variant: number, state: string) => `${paths.mailing(mailing.id)}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: [state], variant: [String(variant)] }))}`;

function columnsOf(mailing: Mailing, test: TestReport | null): Column<VariantReport>[] {
  const link = (v: VariantReport, state: string, node: React.ReactNode) => <AppLink href={peopleOf(mailing, v.variant, state)}>{node}</AppLink>;
  return [
    { key: 'name', header: 'Variant', cell: (v) => <span style={{ overflowWrap: 'anywhere' }}><b>{letter(v.variant)}</b> {v.subject || v.template_name} {test?.winner === v.variant && <ToneBadge tone="moss">winner</ToneBadge>}{test?.winner === null && test.leader === v.variant && <ToneBadge>leads</ToneBadge>}</span> },
    { key: 'sent', header: 'Sent', align: 'right', priority: 2, cell: (v) => link(v, 'sent', <Num value={v.sent} />) },
    { key: 'opened', header: 'Opened', align: 'right', priority: 2, cell: (v) => <Rated share={v.opened} /> },
    { key: 'clicked', header: 'Clicked', align: 'right', priority: 2, cell: (v) => <Rated share={v.clicked} /> },
    { key: 'clicks_of_opens', header: 'Clicks of opens', align: 'right', priority: 3, cell: (v) => <Rated share={v.clicks_of_opens} /> },
    ...(test?.metric === 'goal' ? [{ key: 'goal', header: 'Goal', align: 'right' as const, priority: 2 as const, cell: (v: VariantReport) => (v.goal ? <Rated share={v.goal} /> : NO_VALUE) }] : []),
    ...(test?.metric === 'revenue' ? [{ key: 'revenue', header: 'Revenue', align: 'right' as const, priority: 2 as const, cell: (v: VariantReport) => <span className="fd-num">{v.revenue === null ? NO_VALUE : `${v.revenue} ${v.currency ?? ''}`}</span> }] : []),
    { key: 'unsubscribed', header: 'Unsubscribed', align: 'right', priority: 3, cell: (v) => <Num value={v.unsubscribed} /> },
  ];
}

function useChoice(mailing: Mailing, test: TestReport) {
  const choose = useAction({ refresh: [['mailings']], run: (variant: number, { headers }) => ok(api.POST('/api/v1/mailings/{mailing_id}/winner', { params: { path: { mailing_id: mailing.id } }, body: { variant }, headers })) });
  return async (variant: number) => {
    const body = `${formatCount(test.held, 'person who waits gets', 'people who wait get')} variant ${letter(variant)}, and the test ends. This cannot be taken back once the mails have left.`;
    if (!(await confirmConsequence({ title: `Send ${letter(variant)} to the rest?`, body, action: `Send ${letter(variant)}`, keep: 'Keep testing', danger: false }))) return;
    choose.mutate(variant, { onSuccess: () => { doneToast(`${letter(variant)} goes to the rest`); }, onError: failToast });
  };
}

function TestState({ mailing, test }: { mailing: Mailing; test: TestReport }) {
  const canRun = useCan('mailings:run');
  const choose = useChoice(mailing, test);
  const running = mailing.state === 'sending' || mailing.state === 'paused';
  const open = running && ['sending', 'waiting', 'person'].includes(test.state);
  const sure = test.leader !== null && test.winner === null && test.confidence !== null && test.metric !== 'manual';
  useAnnounceChange(stateWords(test, !running));
  return (
    <Stack gap="sm">
      <Text>{stateWords(test, !running)}</Text>
      {sure && <Text size="sm" c="dimmed">{letter(test.leader ?? 0)} leads and is {(test.confidence ?? 0).toFixed(1)} % sure{test.minimum > 0 ? `; ${test.minimum} % is asked for` : ''}.</Text>}
      {test.winner !== null && test.confidence !== null && test.leader !== null && test.by === '' && <Text size="sm" c="dimmed">How sure: {test.confidence.toFixed(1)} %, against the variant that came closest.</Text>}
      {open && mailing.state === 'paused' && <Alert color="marigold">Nothing is decided while the mailing is paused.</Alert>}
      {open && canRun && <Group gap="xs"><Text size="sm">End the test and send</Text>{test.variants.map((v) => <Button key={v.variant} variant="default" size="compact-md" aria-label={`Send ${letter(v.variant)} to the rest`} onClick={() => { choose(v.variant).catch(failToast); }}>{letter(v.variant)}</Button>)}</Group>}
    </Stack>
  );
}

function Intervals({ variants, test }: { variants: readonly VariantReport[]; test: TestReport | null }) {
  const words = metrics.find((m) => m.value === test?.metric)?.words ?? 'clicked';
  if (test?.metric === 'revenue') return <Chart title="Revenue by variant" note={variants.find((v) => v.currency)?.currency ?? ''} file="variants" description="Revenue of the orders after each variant" spec={{ kind: 'bar', label: 'Variant', value: 'Revenue', rows: variants.map((v) => ({ label: letter(v.variant), value: Number(v.revenue ?? 0) })) }} height={Math.max(140, 56 * variants.length)} />;
  const rows = variants.flatMap((v) => {
    const share = shareOf(v, test?.metric);
    return share.rate === null ? [] : [{ label: letter(v.variant), low: 100 * (share.low ?? 0), mid: 100 * share.rate, high: 100 * (share.high ?? 0) }];
  });
  if (rows.length === 0) return null;
  return <Chart title={`How many ${words}`} note="Percent of those it was delivered to · the line is where the true rate lies in 95 of 100 cases" file="variants" description={`The share who ${words}, by variant, with its uncertainty`} height={Math.max(140, 56 * rows.length)} spec={{ kind: 'interval', label: 'Variant', rows }} />;
}

/** The variants of a mailing beside each other, and where their test stands. */
export function VariantFigures({ mailing, report }: { mailing: Mailing; report: MailingReport }) {
  const { variants, test } = report;
  if (variants.length === 0) return null;
  const after = test !== null && test.winner !== null && test.held > 0;
  return (
    <>
      <Section title="Variants">
        {test && <TestState mailing={mailing} test={test} />}
        <SmallTable label={after ? 'Variants in the test' : 'Variants'} columns={columnsOf(mailing, test)} rows={test ? test.variants : variants} rowKey={(v) => v.variant} />
        {after && <Text size="sm" c="dimmed">These are the figures of the test, as they stood when the winner was chosen. With the rest: {variants.map((v) => `${letter(v.variant)} ${formatNumber(v.sent)} sent, ${percent(v.clicked.rate)} clicked`).join(' · ')}.</Text>}
      </Section>
      <Intervals variants={test ? test.variants : variants} test={test} />
    </>
  );
}
