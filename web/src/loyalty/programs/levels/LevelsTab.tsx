import { Button, Stack, Text } from '@mantine/core';
import { IconPlus, IconStairsUp } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, doneToast, failToast, FirstUse, formatNumber, Loaded, MenuActions, paths, Section, SideDrawer, SmallTable, Time, useDrawer, type Column } from '@/kit';
import css from '../loyalty.module.css';
import { useLevelGroups, usePoints, useSummary, type LevelGroup, type MemberSummary, type Program } from '../model';
import { groupWords } from '../words';
import { GroupForm } from './GroupForm';
import { LevelLine } from './LevelLine';

type Day = MemberSummary['reviews'][number];

const columns: Column<Day>[] = [
  { key: 'day', header: 'Day', cell: (d) => <Time value={`${d.day}T12:00:00Z`} mode="date" zone="UTC" /> },
  { key: 'kind', header: 'What', priority: 2, cell: (d) => (d.kind === 'review' ? 'Review' : 'Counting began anew') },
  { key: 'reviewed', header: 'Members', align: 'right', priority: 2, cell: (d) => formatNumber(d.reviewed) },
  { key: 'raised', header: 'Up', align: 'right', priority: 2, cell: (d) => formatNumber(d.raised) },
  { key: 'lowered', header: 'Down', align: 'right', priority: 2, cell: (d) => formatNumber(d.lowered) },
  { key: 'graced', header: 'Given time', align: 'right', priority: 3, cell: (d) => formatNumber(d.graced) },
  { key: 'state', header: 'State', priority: 3, cell: (d) => (d.finished_at ? 'done' : 'at work') },
];

/** What qualification points lead to: each group as a line of levels and as sentences. */
export function LevelsTab({ program }: { program: Program }) {
  const query = useLevelGroups(program.id);
  const points = usePoints(program.id).data ?? [];
  const begun = program.activated_at !== null;
  const summary = useSummary(program.id, begun).data;
  const can = useCan('loyalty:update') && program.state !== 'archived';
  const drawer = useDrawer('levels');
  const remove = useAction({ refresh: [['programs']], run: (group: LevelGroup) => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}/level-groups/{group_id}', { params: { path: { program_id: program.id, group_id: group.id } } })), onDone: () => { doneToast('Level group deleted'); } });
  const ask = async (group: LevelGroup) => {
    if (await confirmConsequence({ title: `Delete ${group.name}?`, body: 'Its levels are gone, and with them who was on which level and since when.', action: 'Delete level group', keep: 'Keep it' })) remove.mutate(group, { onError: failToast });
  };
  const qualification = points.some((kind) => kind.kind === 'qualification');
  const open = () => { drawer.open('new'); };
  return (
    <Loaded query={query} what="the levels">
      {(items) => (
        <Stack gap="md">
          {items.length === 0 && (qualification
            ? <FirstUse icon={IconStairsUp} title="Let members reach something" text="Levels stand in a row, each takes so many qualification points. Promotions can give more to higher levels." {...(can ? { primary: { label: 'Add levels', onClick: open } } : {})} />
            : <FirstUse icon={IconStairsUp} title="Levels need qualification points" text={<>They are collected beside standard points and never spent. <AppLink href={`${paths.program(program.id, 'points')}&drawer=points:new`}>Add qualification points</AppLink> first.</>} />)}
          {items.map((group) => (
            <Section key={group.id} title={group.name} actions={can ? <MenuActions label={`Actions for ${group.name}`} actions={[{ label: 'Change…', onClick: () => { drawer.open(group.id); } }, ...(program.state !== 'active' ? [{ label: 'Delete…', danger: true, onClick: () => { ask(group).catch(failToast); } }] : [])]} /> : undefined}>
              <LevelLine group={group} sizes={begun ? summary?.levels : undefined} />
              <ul className={css.plain} style={{ marginTop: 12 }}>{groupWords(group, points.find((p) => p.id === group.point_type_id)?.name ?? 'points').map((text) => <li key={text}><Text size="sm">{text}</Text></li>)}</ul>
            </Section>
          ))}
          {items.length > 0 && can && <div><Button leftSection={<IconPlus size={16} />} variant="default" onClick={open}>Add a level group</Button></div>}
          {summary && summary.reviews.length > 0 && <Section title="Days of review"><SmallTable<Day> label="Days of review" columns={columns} rows={summary.reviews} rowKey={(d) => `${d.group_id}-${d.day}-${d.kind}`} /></Section>}
          <SideDrawer name="levels" size={720} right="loyalty:update" title="Levels">
            {(value) => {
              const group = items.find((item) => String(item.id) === value);
              return value === 'new' || group ? <GroupForm program={program} group={group} points={points.filter((kind) => kind.kind === 'qualification')} onClose={drawer.close} /> : <Text c="dimmed">This group is not there any more.</Text>;
            }}
          </SideDrawer>
        </Stack>
      )}
    </Loaded>
  );
}
