import { Button, Group, Text } from '@mantine/core';
import { IconUserMinus, IconUserPlus, IconUserStar } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AllDone, AppLink, doneToast, failToast, FirstUse, formatCount, ListView, Num, paths, SideDrawer, Time, useDrawer, useListState, type BulkAction, type Column } from '@/kit';
import { useLevelGroups, usePoints, type LevelGroup, type PointType, type Program } from '../programs/model';
import { AddMembers } from './AddMembers';
import { MemberPanel } from './MemberPanel';
import { memberName, nextWords, sources, sourceWords, useMember, type Member } from './model';

const columnsOf = (points: readonly PointType[], groups: readonly LevelGroup[], removed: boolean): Column<Member>[] => [
  { key: 'name', header: 'Member', cell: memberName },
  ...groups.flatMap((group): Column<Member>[] => {
    const levelOf = (m: Member) => m.levels.find((l) => l.group_id === group.id), many = groups.length > 1;
    return [
      { key: `level-${group.id}`, header: many ? group.name : 'Level', priority: 1, cell: (m) => levelOf(m)?.level ?? (levelOf(m) ? 'no level' : null) },
      { key: `next-${group.id}`, header: many ? `${group.name}: next` : 'Next level', priority: 2, cell: (m) => { const level = levelOf(m), words = level && nextWords(level); return words ? <span className="fd-num">{words}</span> : null; } },
    ];
  }),
  ...points.map((kind): Column<Member> => ({ key: `points-${kind.id}`, header: kind.name, align: 'right', priority: kind.kind === 'standard' ? 2 : 3, cell: (m) => <Num value={m.balances.find((b) => b.point_type_id === kind.id)?.active} /> })),
  { key: 'email', header: 'E-mail', priority: 3, cell: (m) => (typeof m.profile.email === 'string' && m.profile.email ? <Text span inherit display="block" miw="11rem" style={{ overflowWrap: 'anywhere' }}>{m.profile.email}</Text> : null) },
  { key: 'joined_at', header: 'Joined', sort: 'joined_at', priority: 2, cell: (m) => <Time value={m.joined_at} /> },
  { key: 'source', header: 'Came in', priority: 3, cell: (m) => sourceWords(m.source) },
  ...(removed ? [{ key: 'removed_at', header: 'Removed', priority: 2, cell: (m) => <Time value={m.removed_at} /> } satisfies Column<Member>] : []),
];

/** Who is in a program: balance, level, how much is missing to the next one. */
export function Members({ program }: { program: Program }) {
  const state = useListState({ defaultSort: '-joined_at' });
  const points = usePoints(program.id).data ?? [], groups = useLevelGroups(program.id).data ?? [];
  const can = useCan('loyalty:run') && program.state === 'active';
  const member = useDrawer('member'), add = useDrawer('add');
  const { level, source, removed, ...params } = state.params, gone = removed === 'yes';
  const query = useList<Member>(['members', program.id, 'list', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/members', {
    params: { path: { program_id: program.id }, query: { ...params, ...(level ? { level: Number(level) } : {}), ...(source ? { source } : {}), ...(gone ? { removed: true } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal,
  })));
  const path = { params: { path: { program_id: program.id } } };
  const takeOut = useAction({ refresh: [['members'], ['programs']], run: (ids: number[], { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/members/remove', { ...path, body: { profile_ids: ids }, headers })) });
  const letIn = useAction({ refresh: [['members'], ['programs']], run: (ids: number[], { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/members', { ...path, body: { profile_ids: ids }, headers })) });
  const bulk: BulkAction = {
    label: (n) => `${gone ? 'Let in' : 'Take out'} ${n} ${n === '1' ? 'member' : 'members'}`, icon: gone ? <IconUserPlus size={16} /> : <IconUserMinus size={16} />, pageOnly: true,
    run: async ({ ids }) => {
      try {
        await (gone ? letIn : takeOut).mutateAsync(ids.map(Number));
        doneToast(gone ? `${formatCount(ids.length, 'person is a member', 'people are members')} again` : `${formatCount(ids.length, 'member', 'members')} taken out. Their points rest.`);
      } catch (error) { failToast(error); }
    },
  };
  const addAction = can ? { label: 'Add members', onClick: () => { add.open(); } } : undefined;
  return (
    <>
      <Group justify="flex-end" mb="xs" gap="sm">
        <AppLink href={paths.figure(program.database_id, `program:${program.id}:${level ? `level:${level}` : 'members'}`)}>Open as profiles, to export or change</AppLink>
        {addAction && <Button size="compact-sm" variant="default" leftSection={<IconUserPlus size={14} />} onClick={addAction.onClick}>Add members</Button>}
      </Group>
      <ListView<Member> name="members" query={query} state={state} columns={columnsOf(points, groups, gone)} rowKey={(m) => m.profile_id} rowLabel={memberName} onPreview={(m) => { member.open(m.profile_id); }} noun={{ one: 'member', many: 'members' }}
        searchLabel="Search name, e-mail, phone or id" bulk={can ? [bulk] : []}
        filters={[
          { key: 'level', label: 'Level', options: groups.flatMap((group) => group.levels.map((l) => ({ value: String(l.id), label: groups.length > 1 ? `${group.name}: ${l.name}` : l.name }))) },
          { key: 'source', label: 'Came in', multiple: true, options: sources }, { key: 'removed', label: 'Removed', options: [{ value: 'yes', label: 'Removed only' }] },
        ]}
        empty={program.activated_at === null ? <FirstUse icon={IconUserStar} title="Nobody is a member yet" text="Members are let in when the program is activated." />
          : can ? <FirstUse icon={IconUserStar} title="Nobody is a member" text="Add people by hand, or let everybody in by the program's settings." {...(addAction ? { primary: addAction } : {})} /> : <AllDone>Nobody is a member.</AllDone>} />
      <SideDrawer name="member" size={720} right="profiles:read" title={member.value ? <MemberTitle program={program} id={Number(member.value)} /> : 'Member'}>{(id) => <MemberPanel program={program} profileId={Number(id)} />}</SideDrawer>
      <SideDrawer name="add" right="loyalty:run" title="Add members">{() => <AddMembers program={program} onClose={add.close} />}</SideDrawer>
    </>
  );
}

/** The name of the member in a drawer, also when the list does not show them. */
function MemberTitle({ program, id }: { program: Program; id: number }) {
  const found = useMember(program.id, id).data;
  return found ? memberName(found.member) : 'Member';
}
