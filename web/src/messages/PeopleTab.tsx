import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { AllDone, ListView, NO_VALUE, paths, StateBadge, Time, ToneBadge, useListState, type Column, type Tone } from '@/kit';
import { letter } from './variants/model';
import { reasonWords, type Mailing, type MailingPerson } from './model';
import { runWords, useRuns } from './runs/model';

const states = [
  ['queued', 'Waiting'], ['sent', 'Sent'], ['delivered', 'Delivered'], ['opened', 'Opened'], ['clicked', 'Clicked'], ['converted', 'Converted'], ['unsubscribed', 'Unsubscribed'], ['bounced', 'Came back'], ['complained', 'Complained'], ['failed', 'Failed'], ['blocked', 'Blocked'], ['unknown', 'Unknown'], ['left_out', 'Left out'],
].map(([value, label]) => ({ value: value ?? '', label: label ?? '' }));

const placed = [['sent', 'Saw it'], ['clicked', 'Clicked'], ['closed', 'Closed'], ['converted', 'Converted'], ['blocked', 'Held back'], ['left_out', 'Left out']].map(([value, label]) => ({ value: value ?? '', label: label ?? '' }));
const placedTones: Record<string, Tone> = { sent: 'moss', blocked: 'marigold' };

const columns: Column<MailingPerson>[] = [
  { key: 'name', header: 'Person', cell: (p) => p.name || p.email || `Profile ${p.profile_id}` },
  { key: 'email', header: 'Address', cell: (p) => p.email, priority: 2 },
  { key: 'state', header: 'State', cell: (p) => <StateBadge state={p.state} size="sm" />, priority: 1 },
  { key: 'sender', header: 'Sent by', cell: (p) => p.sender ?? NO_VALUE, priority: 3 },
  { key: 'reason', header: 'Why', cell: (p) => (p.reason ? reasonWords(p.reason) : NO_VALUE), priority: 2 },
  { key: 'at', header: 'When', cell: (p) => <Time value={p.at} mode="absolute" />, priority: 3 },
  { key: 'opened', header: 'Opened', cell: (p) => <Time value={p.opened_at} />, priority: 3 },
  { key: 'clicked', header: 'Clicked', cell: (p) => <Time value={p.clicked_at} />, priority: 3 },
];

const siteColumns = columns.filter((c) => c.key !== 'opened').map((c): Column<MailingPerson> => (c.key === 'state' ? { ...c, cell: (p) => <ToneBadge tone={placedTones[p.state] ?? 'gray'}>{placed.find((s) => s.value === p.state)?.label ?? p.state}</ToneBadge> } : c));

/** Everybody a figure of the report counts. */
export function PeopleTab({ mailing }: { mailing: Mailing }) {
  const state = useListState();
  const variants = mailing.split?.variants ?? [];
  const launched = useRuns(mailing) ?? [];
  const site = mailing.type === 'placement';
  const filters = [{ key: 'state', label: 'State', options: site ? placed : states }, ...(launched.length > 0 ? [{ key: 'run', label: 'Launch', options: launched.map((run) => ({ value: String(run.id), label: runWords(run) })) }] : []),
    ...(variants.length > 0 ? [{ key: 'variant', label: 'Variant', options: variants.map((_, n) => ({ value: String(n + 1), label: letter(n + 1) })) }] : [])];
  if (state.params['reason']) filters.push({ key: 'reason', label: 'Why', options: [{ value: state.params['reason'], label: reasonWords(state.params['reason']) }] });
  if (state.params['sender']) filters.push({ key: 'sender', label: 'Sent by', options: [{ value: state.params['sender'], label: 'one sender of the report' }] });
  const { run, variant, sender, ...rest } = state.params;
  const asked = { ...rest, ...(run ? { run: Number(run.split(',')[0]) } : {}), ...(variant ? { variant: Number(variant.split(',')[0]) } : {}), ...(sender ? { sender: Number(sender.split(',')[0]) } : {}) };
  const query = useList<MailingPerson>(['mailings', mailing.id, 'people', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/people', {
    params: { path: { mailing_id: mailing.id }, query: { ...asked, limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  return (
    <ListView<MailingPerson> name="mailing.people" query={query} state={state} columns={site ? siteColumns : columns} rowKey={(p) => p.message ?? p.profile_id} rowLabel={(p) => p.name} rowHref={(p) => paths.profile(mailing.database_id, p.profile_id)} noun={{ one: 'person', many: 'people' }}
      filters={filters} empty={<AllDone>Nobody yet</AllDone>}
      onExport={() => { globalThis.location.assign(`/api/v1/mailings/${mailing.id}/people.csv?${new URLSearchParams(state.params).toString()}`); }} />
  );
}
