import { Group, Text } from '@mantine/core';
import { IconPlus, IconTargetArrow } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, FirstUse, ListPage, Loaded, MenuActions, Num, SideDrawer, Time, ToneBadge, undoToast, useDrawer, useIdParam, useListState, type Column, type PageAction } from '@/kit';
import { useDatabaseOf } from '@/profiles/model';
import { GoalForm } from './GoalForm';
import { conditionsText, useGoalFigures, type Goal } from './model';
import { SiteCode } from './SiteCode';

function EditGoal({ databaseId, id, onDone }: { databaseId: number; id: number; onDone: () => void }) {
  const query = useQuery({ queryKey: ['goals', 'one', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/goals/{goal_id}', { params: { path: { goal_id: id } }, signal })) });
  return <Loaded query={query} what="the goal">{(goal) => <GoalForm databaseId={databaseId} goal={goal} onCancel={onDone} onSaved={(saved) => { doneToast(`${saved.name} saved`); onDone(); }} />}</Loaded>;
}

/** What visitors shall do, and how often they did. */
export function GoalsPage() {
  const databaseId = useIdParam('databaseId');
  const database = useDatabaseOf(databaseId).data;
  const state = useListState({ defaultSort: 'name' });
  const drawer = useDrawer('goal');
  const can = { make: useCan('events:create'), change: useCan('events:update'), remove: useCan('events:delete') };
  const { archived, ...rest } = state.params;
  const query = useList(['goals', databaseId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/goals', { params: { query: { ...rest, database: databaseId, limit, archived: archived === 'true', ...(cursor ? { cursor } : {}) } }, signal })));
  const figures = useGoalFigures(databaseId).data?.items ?? [];
  const restore = useAction({ refresh: [['goals']], run: (id: number) => ok(api.POST('/api/v1/goals/{goal_id}/restore', { params: { path: { goal_id: id } } })) });
  const archive = useAction({ refresh: [['goals']], run: (id: number) => ok(api.POST('/api/v1/goals/{goal_id}/archive', { params: { path: { goal_id: id } } })) });
  const lately = (goal: Goal, days: number) => figures.find((f) => f.goal_id === goal.id)?.counts.find((c) => c.days === days);
  const actions = (goal: Goal): PageAction[] => (goal.archived_at === null ? [
    ...(can.change ? [{ label: 'Edit', onClick: () => { drawer.open(goal.id); } }] : []),
    ...(can.remove ? [{ label: 'Archive', onClick: () => { archive.mutate(goal.id, { onSuccess: () => { undoToast(`${goal.name} archived`, () => { restore.mutate(goal.id); }); }, onError: failToast }); } }] : []),
  ] : can.remove ? [{ label: 'Restore', onClick: () => { restore.mutate(goal.id, { onSuccess: () => { doneToast(`${goal.name} restored`); }, onError: failToast }); } }] : []);
  const columns: Column<Goal>[] = [
    { key: 'name', header: 'Goal', sort: 'name', cell: (goal) => <Group gap={8} wrap="nowrap">{goal.name}{!goal.active && <ToneBadge tone="marigold">Not active</ToneBadge>}</Group> },
    { key: 'key', header: 'Key', sort: 'key', priority: 3, cell: (goal) => <Text span size="sm" c="dimmed">{goal.key}</Text> },
    { key: 'when', header: 'Reached when', priority: 2, cell: (goal) => <Text span inherit>{conditionsText(goal)}</Text> },
    { key: 'value', header: 'Value', align: 'right', priority: 3, cell: (goal) => (goal.default_value === null ? '–' : <Text span inherit style={{ whiteSpace: 'nowrap' }}>{goal.default_value}{goal.currency ? ` ${goal.currency}` : ''}</Text>) },
    { key: 'week', header: '7 days', align: 'right', priority: 1, cell: (goal) => <Num value={lately(goal, 7)?.count ?? 0} /> },
    { key: 'month', header: '30 days', align: 'right', priority: 2, cell: (goal) => <Num value={lately(goal, 30)?.count ?? 0} /> },
    { key: 'last', header: 'Last reached', priority: 2, cell: (goal) => <Time value={figures.find((f) => f.goal_id === goal.id)?.last_at ?? null} none="never" /> },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (goal) => <span data-above><MenuActions actions={actions(goal)} label={`Actions for ${goal.name}`} /></span> },
  ];
  const define = can.make ? { label: 'Define goal', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const site = { label: 'Put it on your site', onClick: () => { drawer.open('site'); } };
  const title = drawer.value === 'new' ? 'Define a goal' : drawer.value === 'site' ? 'Put it on your site' : 'Edit goal';
  return (
    <>
      <ListPage name="goals" title="Goals" noun={{ one: 'goal', many: 'goals' }} query={query} state={state} columns={columns} rowKey={(goal) => goal.id} rowLabel={(goal) => goal.name} {...(can.change ? { onPreview: (goal: Goal) => { drawer.open(goal.id); } } : {})}
        primary={define} secondary={[site]} facts={[database?.name]} searchLabel="Search name or key" filters={[{ key: 'archived', label: 'Archived', options: [{ value: 'true', label: 'Archived ones' }] }]}
        help={{ text: 'A goal is something that people shall do, such as signing up. Your site tells by a script, a pixel or a redirect, your programs by the API. Who came by a message is counted for that message.', guide: 'goals' }}
        empty={<FirstUse icon={IconTargetArrow} title="Find out what your messages lead to" text="Define a goal, such as a sign-up or a visit to a page, and put a short script on your site. Each mailing’s report then says how many people it brought there." primary={define} />} />
      <SideDrawer name="goal" size={720} right={drawer.value === 'new' ? 'events:create' : drawer.value === 'site' ? 'events:read' : 'events:update'} title={title}>
        {(id) => (id === 'new' ? <GoalForm databaseId={databaseId} onCancel={drawer.close} onSaved={(goal) => { doneToast(`${goal.name} defined`); drawer.open('site'); }} />
          : id === 'site' ? <SiteCode databaseId={databaseId} /> : <EditGoal databaseId={databaseId} id={Number(id)} onDone={drawer.close} />)}
      </SideDrawer>
    </>
  );
}
