import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, doneToast, failToast, Loaded, paths, Section, SmallTable, StateBadge, Time, type Column } from '@/kit';
import type { Program } from '../programs/model';
import { AdjustPoints } from '../transactions/AdjustPoints';
import { GiveLevel } from './GiveLevel';
import { memberName, sourceWords, useMember, type MemberDetail } from './model';
import { Standing } from './Standing';

type Move = MemberDetail['moves'][number];

const causes: Readonly<Record<Move['cause'], string>> = { joined: 'joined', points: 'by points', review: 'at a review', grant: 'given', settings: 'levels were changed', merge: 'merged' };
const columns: Column<Move>[] = [
  { key: 'to', header: 'Level', cell: (m) => `${m.from_level ?? 'none'} → ${m.to_level ?? 'none'}` },
  { key: 'why', header: 'Why', priority: 2, cell: (m) => (m.reason ? `${causes[m.cause]} (${m.reason})` : causes[m.cause]) },
  { key: 'points', header: 'With points', align: 'right', priority: 3, cell: (m) => <span className="fd-num">{m.points}</span> },
  { key: 'at', header: 'When', priority: 2, cell: (m) => <Time value={m.at} mode="absolute" /> },
];

/** A member: points, levels, what is missing to the next one, and every move. */
export function MemberPanel({ program, profileId }: { program: Program; profileId: number }) {
  const query = useMember(program.id, profileId);
  const [giving, setGiving] = useState(false);
  const [adjusting, setAdjusting] = useState(false);
  const can = useCan('loyalty:run'), canAdjust = useCan('loyalty:update') && program.state === 'active';
  const remove = useAction({ refresh: [['members'], ['programs']], run: () => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}/members/{profile_id}', { params: { path: { program_id: program.id, profile_id: profileId } } })), onDone: () => { doneToast('Member taken out'); } });
  const ask = async (name: string) => {
    if (await confirmConsequence({ title: `Take ${name} out?`, body: 'Points and level rest: they are there again when this person comes back. No order and no segment brings them back by itself.', action: 'Take out', keep: 'Keep as a member' })) remove.mutate(undefined, { onError: failToast });
  };
  return (
    <Loaded query={query} what="the member">
      {({ member, moves }) => (
        <Stack gap="md">
          <Group justify="space-between">
            <Group gap="xs">
              <StateBadge state={member.state === 'active' ? 'active' : 'inactive'} label={member.state === 'active' ? 'Member' : 'Removed'} size="sm" />
              <Text size="sm" c="dimmed">{sourceWords(member.source)}, <Time value={member.joined_at} mode="absolute" /></Text>
            </Group>
            <AppLink href={paths.profile(program.database_id, profileId)}>Open the profile</AppLink>
          </Group>
          <Standing detail={{ member }} />
          {adjusting && <AdjustPoints program={program} profileId={profileId} onClose={() => { setAdjusting(false); }} />}
          {can && !adjusting && member.state === 'active' && (giving ? <GiveLevel program={program} profileId={profileId} onClose={() => { setGiving(false); }} /> : (
            <Group gap="xs">
              {canAdjust && <Button size="compact-sm" variant="default" onClick={() => { setAdjusting(true); }}>Adjust points…</Button>}
              <Button size="compact-sm" variant="default" onClick={() => { setGiving(true); }}>Give a level…</Button>
              <Button size="compact-sm" variant="subtle" color="clay" loading={remove.isPending} onClick={() => { ask(memberName(member)).catch(failToast); }}>Take out…</Button>
            </Group>
          ))}
          {moves.length > 0 && <Section title="Moves between levels"><SmallTable<Move> label="Moves between levels" columns={columns} rows={moves} rowKey={(m) => `${m.group_id}-${m.at}-${m.to_level ?? ''}-${m.from_level ?? ''}`} /></Section>}
        </Stack>
      )}
    </Loaded>
  );
}
