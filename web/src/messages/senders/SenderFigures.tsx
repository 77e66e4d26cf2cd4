import { AppLink, Num, paths, Section, SmallTable, type Column } from '@/kit';
import type { MailingReport } from '../model';

type Row = MailingReport['senders'][number];

const peopleOf = (report: MailingReport, no: number, state: string) =>
  `${paths.mailing(report.mailing.id)}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: [state], sender: [String(no)], ...(report.run_id === report.mailing.run_id ? {} : { run: [String(report.run_id)] }) }))}`;

/** What went by which server and from which address; nothing where a run had no virtual sender. */
export function SenderFigures({ report }: { report: MailingReport }) {
  if (report.senders.length === 0) return null;
  const figure = (key: 'sent' | 'failed' | 'unknown', header: string): Column<Row> => ({
    key, header, align: 'right', priority: 2, cell: (row) => (row[key] > 0 ? <AppLink href={peopleOf(report, row.no, key)}><Num value={row[key]} /></AppLink> : <Num value={0} />),
  });
  const columns: Column<Row>[] = [
    { key: 'server', header: 'Mail server', cell: (row) => row.server },
    { key: 'from', header: 'From', priority: 2, cell: (row) => <span style={{ overflowWrap: 'anywhere' }}>{row.from_name ? `${row.from_name}, ${row.from_email}` : row.from_email}</span> },
    figure('sent', 'Sent'), figure('failed', 'Failed'), figure('unknown', 'Unknown'),
    { key: 'waiting', header: 'Tried, waiting', align: 'right', priority: 3, cell: (row) => <Num value={row.waiting} /> },
  ];
  return <Section title="Sent by"><SmallTable label="Sent by" columns={columns} rows={report.senders} rowKey={(row) => row.no} /></Section>;
}
