import { Alert, List, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, formatCount, JobProgress, Loaded, named, Page, PageTabs, paths, Section, Time, ToneBadge, undoToast, useGo, useIdParam, type PageAction, type PageTab } from '@/kit';
import { scheduleWords } from '../model';
import { LogTab, RunsTab } from './HistoryTab';
import { MembersTab } from './MembersTab';
import { kindOf, useProductSegment, words, ZONE, type ProductSegmentDetail } from './model';

const refresh = [['product-segments']];

function useActions(segment: ProductSegmentDetail | undefined): { primary?: PageAction; secondary?: PageAction[]; menu?: PageAction[] } {
  const can = useCan('market:update'), canArchive = useCan('market:delete');
  const go = useGo();
  const path = { params: { path: { segment_id: segment?.id ?? 0 } } };
  const fill = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/market/product-segments/{segment_id}/recalculate', { ...path, headers })) });
  const turn = useAction({ refresh, run: (active: boolean) => ok(api.PATCH('/api/v1/market/product-segments/{segment_id}', { ...path, body: { active } })) });
  const clear = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/market/product-segments/{segment_id}/members/clear', { ...path, headers })) });
  const archive = useAction({ refresh, run: () => ok(api.DELETE('/api/v1/market/product-segments/{segment_id}', path)) });
  const restore = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/market/product-segments/{segment_id}/restore', { ...path, headers })) });
  if (!segment) return {};
  if (segment.archived_at) return canArchive ? { primary: { label: 'Restore segment', onClick: () => { restore.mutate(null, { onError: failToast, onSuccess: () => { doneToast('Segment restored'); } }); } } } : {};
  const file: PageAction = { label: 'Download as CSV', onClick: () => { window.location.assign(`/api/v1/market/product-segments/${segment.id}/export.csv`); } };
  const away: PageAction[] = canArchive ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(undefined, { onError: failToast, onSuccess: () => { go(paths.productSegments()); undoToast('Segment archived', () => restore.mutateAsync(null)); } }); } }] : [];
  if (!can) return { menu: [file] };
  if (segment.type === 'static') {
    const empty = async () => { if (await confirmConsequence({ title: `Empty ${segment.name}?`, body: `${formatCount(segment.size, words[segment.entity].one, words[segment.entity].many)} leave the list.`, action: 'Empty the list', keep: 'Keep it' })) clear.mutate(null, { onError: failToast, onSuccess: () => { doneToast('The list is empty'); } }); };
    return { menu: [file, ...(segment.size > 0 ? [{ label: 'Empty the list…', danger: true, onClick: () => void empty() }] : []), ...away] };
  }
  const onOff: PageAction[] = segment.schedule ? [{ label: segment.active ? 'Switch the schedule off' : 'Switch the schedule on', onClick: () => { turn.mutate(!segment.active, { onError: failToast, onSuccess: () => { doneToast(segment.active ? 'The schedule rests; the list stays' : 'The schedule runs again'); } }); } }] : [];
  return {
    primary: { label: 'Edit rules', href: paths.productSegmentEdit(segment.id) },
    secondary: [{ label: 'Fill again now', disabled: segment.open_run !== null, onClick: () => { fill.mutate(null, { onError: failToast }); } }],
    menu: [file, ...onOff, ...away],
  };
}

function UsedBy({ segment }: { segment: ProductSegmentDetail }) {
  return (
    <Section title={segment.used_by.length === 0 ? 'Not used yet' : `Used by ${segment.used_by.length}`}>
      {segment.used_by.length === 0 ? <Text c="dimmed">Segments and promotions that use this one will stand here.</Text> : <List size="sm">{segment.used_by.map((name) => <List.Item key={name}>{name}</List.Item>)}</List>}
    </Section>
  );
}

function tabsOf(segment: ProductSegmentDetail): PageTab[] {
  return [
    { value: 'members', label: words[segment.entity].holds, count: segment.size, render: () => <MembersTab segment={segment} /> },
    segment.type === 'static' ? { value: 'log', label: 'Changes', render: () => <LogTab segment={segment} /> } : { value: 'runs', label: 'Runs', render: () => <RunsTab segment={segment} /> },
    { value: 'used', label: 'Used by', count: segment.used_by.length, render: () => <UsedBy segment={segment} /> },
  ];
}

/** One product segment: what is in it, how it is filled, who uses it. */
export function ProductSegmentPage() {
  const query = useProductSegment(useIdParam('segmentId'));
  const segment = query.data;
  const actions = useActions(segment);
  const kind = segment && kindOf(segment.type);
  const facts = segment ? [
    formatCount(segment.size, words[segment.entity].one, words[segment.entity].many), segment.calculated_at && <>as of <Time value={segment.calculated_at} /></>,
    segment.next_run_at ? <>next run <Time value={segment.next_run_at} /></> : segment.schedule && !segment.active ? 'schedule switched off' : null,
  ] : [];
  return (
    <Page title={named(query, (found) => found.name, 'Product segment')} crumbs={[{ label: 'Product segments', href: paths.productSegments() }]} facts={facts} {...actions}
      badges={kind && <><ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge>{segment.archived_at && <ToneBadge icon={IconLock}>Archived</ToneBadge>}</>}
      help={{ text: 'An updatable list is filled by its rules; a static one changes by hand or API. Rules about people can ask who bought from it.', guide: 'product-segments' }}>
      <Loaded query={query} what="the product segment">
        {(found) => (
          <>
            {found.problems.length > 0 && <Alert color="clay" title="These rules no longer work" mb="md"><List size="sm">{found.problems.map((p) => <List.Item key={p}>{p}</List.Item>)}</List></Alert>}
            {found.last_run?.state === 'failed' && !found.open_run && <Alert color="clay" title="The last filling failed" mb="md">{found.last_run.error}</Alert>}
            {found.open_run?.job_id && <Section><JobProgress id={found.open_run.job_id} /></Section>}
            {found.description && <Text mb="sm">{found.description}</Text>}
            {found.sentence && <Text c="dimmed">{found.sentence}</Text>}
            {found.type === 'updatable' && <Text c="dimmed" size="sm">Filled {scheduleWords(found.schedule, ZONE)}{found.limit ? `, ${formatCount(found.limit, words[found.entity].one, words[found.entity].many)} at most` : ''}</Text>}
          </>
        )}
      </Loaded>
      {segment && <PageTabs tabs={tabsOf(segment)} />}
    </Page>
  );
}
