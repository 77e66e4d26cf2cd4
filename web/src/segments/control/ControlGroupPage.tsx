import { Alert } from '@mantine/core';
import { IconScale } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, confirmTyped, doneToast, failToast, FirstUse, formatCount, formatNumber, JobProgress, Loaded, NoRight, Page, paths, Section, Time, ToneBadge, useGo, useIdParam, type PageAction } from '@/kit';
import { PeopleCount } from '@/profiles/figures';
import { useDatabaseOf, type Database } from '@/profiles/model';
import { GroupForm } from './GroupForm';
import { HistoryTab, PeopleTab } from './GroupTabs';
import { useControlGroup, type ControlGroup } from './model';
import { ReportTab } from './ReportTab';

const help = { text: 'The control group gets no messages, so that you see what messages change. People are drawn at random in equal shares of each stratum, and stay. The report compares them with everybody else.', guide: 'control-groups' };

function useActions(database: Database | undefined, group: ControlGroup | null | undefined): { primary: PageAction[]; menu: PageAction[] } {
  const id = database?.id ?? 0, path = { params: { path: { database_id: id } } };
  const can = useCan('databases:update');
  const refresh = useAction({ refresh: [['control-group', id]], run: (_: null, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/control-group/refresh', { ...path, headers })) });
  const turn = useAction({ refresh: [['control-group', id]], run: (active: boolean) => ok(api.PATCH('/api/v1/databases/{database_id}/control-group', { ...path, body: { active } })) });
  const drop = useAction({ refresh: [['control-group', id]], run: () => ok(api.DELETE('/api/v1/databases/{database_id}/control-group', path)) });
  const go = useGo();
  if (!can || !database || !group) return { primary: [], menu: [] };
  const people = formatCount(group.size, 'person', 'people');
  const off = async () => {
    const yes = await confirmConsequence({ title: 'Switch the control group off?', body: `${people} get messages again from now on. The list stays; the report counts from the moment the group is switched on again.`, action: 'Switch off', keep: 'Keep it on' });
    if (yes) turn.mutate(false, { onSuccess: () => { doneToast('Control group switched off'); }, onError: failToast });
  };
  const remove = async () => {
    const yes = await confirmTyped({ title: 'Delete the control group?', body: `${people} leave it and get messages from now on. A group that is made again draws other people, and this report is lost.`, action: 'Delete control group', keep: 'Keep it', name: database.name });
    if (yes) drop.mutate(undefined, { onSuccess: ({ left }) => { doneToast(`${formatCount(left, 'person', 'people')} let go`); go(paths.database(id)); }, onError: failToast });
  };
  return {
    primary: [
      ...(group.active ? [{ label: 'Assign newcomers now', disabled: group.open_run !== null, onClick: () => { refresh.mutate(null, { onError: failToast }); } }] : []),
      ...(group.active ? [] : [{ label: 'Switch on', onClick: () => { turn.mutate(true, { onSuccess: () => { doneToast('Control group switched on'); }, onError: failToast }); } }]),
    ],
    menu: [...(group.active ? [{ label: 'Switch off', onClick: () => void off() }] : []), { label: 'Delete…', danger: true, onClick: () => void remove() }],
  };
}

function Nobody({ database }: { database: Database }) {
  const [making, setMaking] = useState(false);
  const can = useCan('databases:update');
  if (making) return <GroupForm database={database} onSaved={() => { setMaking(false); }} onCancel={() => { setMaking(false); }} />;
  return (
    <FirstUse icon={IconScale} title="Nobody is kept back" text="Without a control group you see what people did, not what your messages changed. Keep a few people back for some months, and the report tells the difference, with its range."
      primary={can ? { label: 'Keep back 5 %', onClick: () => { setMaking(true); } } : undefined} />
  );
}

function Standing({ group }: { group: ControlGroup }) {
  const failed = group.last_run?.state === 'failed' ? group.last_run : null;
  return (
    <>
      {group.open_run?.job_id && <Section title={group.started_at ? 'Newcomers are being assigned' : 'The members are being drawn'}><JobProgress id={group.open_run.job_id} /></Section>}
      {failed && !group.open_run && <Alert color="clay" title="The last refresh failed">{failed.error} <Time value={failed.finished_at} /></Alert>}
      {!group.active && <Alert color="marigold" title="Switched off">Its members get messages too, since <Time value={group.switched_off_at} mode="absolute" />.</Alert>}
    </>
  );
}

/** The figures of the group, which open whom they count. */
function Kept({ group }: { group: ControlGroup }) {
  const of = (figure: string, value: number, label: string) => <PeopleCount databaseId={group.database_id} figure={`control:${figure}`} value={value} label={label} />;
  return <>{of('people', group.size, 'people kept back')} {group.size === 1 ? 'person' : 'people'} kept back of {of('assigned', group.people, 'people assigned')}</>;
}

/** The global control group of a database: what messages change, who is kept back, and how. */
export function ControlGroupPage() {
  const id = useIdParam('databaseId');
  const databaseQuery = useDatabaseOf(id), query = useControlGroup(id);
  const database = databaseQuery.data, group = query.data;
  const canUpdate = useCan('databases:update'), seesReport = useCan('analytics:read'), seesPeople = useCan('profiles:read');
  const { primary, menu } = useActions(database, group);
  const zone = database?.timezone ?? 'UTC';
  const report = () => (group && seesReport ? <ReportTab group={group} zone={zone} /> : <NoRight what="see reports" right="analytics:read" />);
  return (
    <Page title="Global control group" crumbs={[{ label: 'Databases', href: paths.databases() }, { label: database?.name ?? 'Database', href: paths.database(id) }]} help={help}
      badges={group && <ToneBadge tone={group.active ? 'moss' : 'marigold'}>{group.active ? 'on' : 'off'}</ToneBadge>}
      facts={group ? [<Kept key="k" group={group} />, `${formatNumber(group.percent)} %`, group.started_at ? <>since <Time key="s" value={group.started_at} mode="absolute" zone={zone} /></> : 'being drawn', group.waiting > 0 ? formatCount(group.waiting, 'newcomer waits', 'newcomers wait') : null] : []}
      secondary={primary} menu={menu}
      tabs={group && database ? [
        { value: 'report', label: 'Report', render: () => <><Standing group={group} />{report()}</> },
        { value: 'group', label: 'Group', render: () => (canUpdate ? <><Standing group={group} /><GroupForm key={group.version} database={database} group={group} onSaved={() => { doneToast('Control group saved'); }} /></> : <NoRight what="change the control group" right="databases:update" />) },
        ...(seesPeople ? [{ value: 'people', label: 'People', count: group.size, render: () => <PeopleTab group={group} /> }] : []),
        { value: 'history', label: 'History', render: () => <HistoryTab group={group} zone={zone} /> },
      ] : []}>
      {group === null && database && <Nobody database={database} />}
      {!database ? <Loaded query={databaseQuery} what="the database">{() => null}</Loaded> : group === undefined && <Loaded query={query} what="the control group">{() => null}</Loaded>}
    </Page>
  );
}
