import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmTyped, Details, doneToast, failToast, JobProgress, Loaded, named, Page, paths, Section, StateBadge, Time, undoToast, useGo, useIdParam, type PageAction } from '@/kit';
import { useDatabaseOf, type Database } from '../../model';
import { formatWords, keyWords } from '../model';
import { sourceWords, useScheduled, whenWords, type Scheduled } from './model';
import { RunsTab } from './RunsTab';
import { ScheduleForm } from './ScheduleForm';

const refresh = [['import-schedules'], ['imports']];

function useActions(item: Scheduled | undefined): { primary?: PageAction; secondary?: PageAction[]; menu?: PageAction[] } {
  const can = useCan('imports:create');
  const path = { params: { path: { schedule_id: item?.id ?? 0 } } };
  const go = useGo();
  const run = useAction({ refresh, run: (how: { dry_run?: boolean; force?: boolean }, { headers }) => ok(api.POST('/api/v1/import-schedules/{schedule_id}/run', { ...path, body: how, headers })) });
  const turn = useAction({ refresh, run: (active: boolean) => ok(api.PATCH('/api/v1/import-schedules/{schedule_id}', { ...path, body: { active } })) });
  const drop = useAction({ refresh, run: () => ok(api.DELETE('/api/v1/import-schedules/{schedule_id}', path)) });
  if (!can || !item) return {};
  const busy = item.open_run !== null;
  const start = (how: { dry_run?: boolean; force?: boolean }) => { run.mutate(how, { onError: failToast }); };
  const off = () => { turn.mutate(false, { onSuccess: () => { undoToast(`${item.name} switched off`, () => turn.mutateAsync(true)); }, onError: failToast }); };
  const now = { label: 'Run now', disabled: busy, onClick: () => { start({}); } };
  const on = { label: 'Switch on', onClick: () => { turn.mutate(true, { onSuccess: () => { doneToast(`${item.name} switched on`); }, onError: failToast }); } };
  const remove = async () => {
    const yes = await confirmTyped({ title: `Delete ${item.name}?`, body: 'It never runs again, and the history of its runs is lost. Imports and profiles stay.', action: 'Delete scheduled import', keep: 'Keep it', name: item.name });
    if (yes) drop.mutate(undefined, { onSuccess: () => { doneToast(`${item.name} deleted`); go(paths.importSchedules(item.database_id)); }, onError: failToast });
  };
  return {
    primary: item.active ? now : on,
    secondary: [...(item.active ? [] : [now]), { label: 'Try without writing', disabled: busy, onClick: () => { start({ dry_run: true }); } }],
    menu: [
      { label: 'Run even if nothing changed', disabled: busy, onClick: () => { start({ force: true }); } },
      ...(item.active ? [{ label: 'Switch off', onClick: off }] : []),
      { label: 'Delete…', danger: true, disabled: busy, onClick: () => void remove() },
    ],
  };
}

function Working({ item }: { item: Scheduled }) {
  const run = item.open_run;
  const can = useCan('imports:create');
  const cancel = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/import-schedules/{schedule_id}/cancel', { params: { path: { schedule_id: item.id } }, headers })) });
  if (!run) return null;
  const stop = can && <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => { cancel.mutate(null, { onError: failToast }); }}>Stop this run</Button>;
  return (
    <Section title={run.import_id === null ? 'Fetching the rows' : run.dry_run ? 'Checking the rows' : 'Importing the rows'} actions={stop}>
      {run.import_id === null ? <JobProgress id={run.job_id} /> : <Group><AppLink href={paths.import(item.database_id, run.import_id)}>See the import</AppLink></Group>}
    </Section>
  );
}

function Standing({ item }: { item: Scheduled }) {
  if (item.stopped) return <Alert color="clay" title="Switched off after failures">{item.stopped} Mend what is wrong, then switch it on again.</Alert>;
  const last = item.last_run;
  if (last?.state === 'failed' && !item.open_run) return <Alert color="clay" title={item.failures > 1 ? `The last ${item.failures} runs failed` : 'The last run failed'}>{last.error} <Time value={last.finished_at} /></Alert>;
  return null;
}

function Overview({ item, database }: { item: Scheduled; database: Database }) {
  const source = item.source;
  return (
    <Section title="What it does">
      <Details items={[
        ['Source', <Text key="s" span size="sm" style={{ overflowWrap: 'anywhere' }}>{sourceWords(source)}</Text>],
        ...(source.kind === 'url' ? [['Read as', item.format ? formatWords(item.format) : 'found out at each run'] as [string, string]] : []),
        ['Signs in', source.kind === 'sql' ? `as ${source.username}${item.secret_set ? ', with a stored password' : ''}` : source.auth === 'none' ? 'no' : 'yes, with a stored secret'],
        ['Runs', `${item.active || !item.schedule ? '' : 'switched off; otherwise '}${whenWords(item.schedule, database.timezone)}`],
        ['Rows find their profile by', keyWords(item.options.matching)],
        ['People go to', item.target ? <AppLink key="t" href={paths.segment(item.target.segment)}>{item.target.name ?? 'a segment that is gone'}</AppLink> : 'no segment'],
        ['Made by', item.created_by],
      ]} />
    </Section>
  );
}

/** One scheduled import: how it stands, its runs, its settings. */
export function SchedulePage() {
  const databaseId = useIdParam('databaseId'), id = useIdParam('scheduleId');
  const database = useDatabaseOf(databaseId).data;
  const query = useScheduled(id);
  const item = query.data;
  const can = useCan('imports:create');
  const actions = useActions(item);
  const zone = database?.timezone ?? 'UTC';
  return (
    <Page title={named(query, (found) => found.name, 'Scheduled import')} crumbs={[{ label: 'Imports', href: paths.imports(databaseId) }, { label: 'Scheduled', href: paths.importSchedules(databaseId) }]} {...actions}
      help={{ text: 'Each run is an ordinary import: its figures and rejected rows stand there. A run never starts while another is at work.', guide: 'imports' }}
      badges={item && (item.active ? null : <StateBadge state="paused" label="Switched off" />)}
      facts={item ? [database && `into ${database.name}`, item.next_run_at ? <>next run <Time key="n" value={item.next_run_at} /></> : 'runs only by hand'] : []}
      tabs={item && database ? [
        { value: 'runs', label: 'Runs', render: () => <Stack gap="md"><Working item={item} /><Standing item={item} /><Overview item={item} database={database} /><RunsTab item={item} zone={zone} /></Stack> },
        ...(can ? [{ value: 'settings', label: 'Settings', render: () => <div style={{ maxWidth: 880 }}><ScheduleForm key={item.version} database={database} item={item} onSaved={() => { doneToast('Scheduled import saved'); }} /></div> }] : []),
      ] : []}>
      {!item && <Loaded query={query} what="the scheduled import">{() => null}</Loaded>}
    </Page>
  );
}
