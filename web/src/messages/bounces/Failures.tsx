import { Button, Group, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { messageNoun } from '@/channels/model';
import { AppLink, confirmConsequence, doneToast, failToast, formatCount, Num, paths, Section, SmallTable, type Column } from '@/kit';
import type { Mailing, MailingReport } from '../model';

const among = (report: MailingReport, reason: string) => `${paths.mailing(report.mailing.id)}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: ['bounced'], reason: [reason], ...(report.run_id === report.mailing.run_id ? {} : { run: [String(report.run_id)] }) }))}`;

/** Why mails of a run came back; every figure opens its people. */
export function BounceReasons({ report }: { report: MailingReport }) {
  const columns: Column<MailingReport['bounces'][number]>[] = [
    { key: 'reason', header: 'Why', cell: (row) => <AppLink href={among(report, row.reason)}>{row.reason}</AppLink> },
    { key: 'count', header: report.mailing.channel === 'email' ? 'Mails' : 'Messages', align: 'right', priority: 1, cell: (row) => <Num value={row.count} /> },
  ];
  return (
    <Section title="Came back">
      {report.bounces.length === 0 ? <Text c="dimmed">Nothing came back</Text> : <SmallTable label="Came back" columns={columns} rows={report.bounces} rowKey={(row) => row.reason} />}
      {report.complained > 0 && <Text size="sm">{formatCount(report.complained, 'person', 'people')} complained and {report.complained === 1 ? 'was' : 'were'} unsubscribed</Text>}
    </Section>
  );
}

/** Lets failed messages be tried once more; nothing where none failed, or where the mailing has been ended. */
export function TryAgain({ mailing, report }: { mailing: Mailing; report: MailingReport }) {
  const can = useCan('mailings:run');
  const retry = useAction({
    refresh: [['mailings']],
    run: (which: 'temporary' | 'all', { headers }) => ok(api.POST('/api/v1/mailings/{mailing_id}/retry', { params: { path: { mailing_id: mailing.id } }, body: { which, run_id: report.run_id }, headers })),
  });
  if (!can || report.failed === 0 || !['sending', 'active', 'paused', 'done'].includes(mailing.state)) return null;
  const { one, many } = messageNoun(mailing.channel);
  const send = (which: 'temporary' | 'all') => { retry.mutate(which, { onSuccess: (found) => { doneToast(`${formatCount(found.queued, `${one} is`, `${many} are`)} tried again`); }, onError: failToast }); };
  const all = () => void confirmConsequence({
    title: `Try ${formatCount(report.failed, `failed ${one}`, `failed ${many}`)} again?`, action: 'Try all again', keep: 'Leave them',
    body: `Most of these were refused for good. ${one === 'mail' ? 'Mail servers think' : 'Providers think'} less of who writes to dead addresses again and again.`,
  }).then((yes) => { if (yes) send('all'); });
  return (
    <Group gap="xs">
      {report.failed_for_now > 0 && <Button variant="light" size="xs" leftSection={<IconRefresh size={14} />} loading={retry.isPending} onClick={() => { send('temporary'); }}>Try {formatCount(report.failed_for_now, one, many)} again that {report.failed_for_now === 1 ? 'was' : 'were'} refused for now</Button>}
      {report.failed > report.failed_for_now && <Button variant="default" size="xs" leftSection={<IconRefresh size={14} />} loading={retry.isPending} onClick={all}>Try all {formatCount(report.failed, `failed ${one}`, `failed ${many}`)} again…</Button>}
    </Group>
  );
}
