import { Group, NumberInput, SegmentedControl, Select, Stack, Switch, TextInput } from '@mantine/core';
import type { LevelGroup, PointType } from '../programs/model';
import { Facts } from './Facts';
import type { Draft, Facts as Asked } from './model';

interface Props { draft: Draft; kinds: readonly PointType[]; groups: readonly LevelGroup[]; facts: Asked | undefined; set: (part: Partial<Draft>) => void }

const choices = [{ value: 'invented', label: 'Made up' }, { value: 'person', label: 'A person' }, { value: 'nobody', label: 'Nobody known' }];

/** For whom the basket is tried: somebody who exists, or somebody made up. */
export function Who({ draft, kinds, groups, facts, set }: Props) {
  return (
    <Stack gap="sm">
      <SegmentedControl aria-label="For whom" data={choices} value={draft.who} onChange={(who) => { set({ who: who as Draft['who'] }); }} />
      {draft.who === 'person' && <TextInput label="E-mail or profile number" placeholder="ada@example.com" value={draft.person} onChange={(event) => { set({ person: event.currentTarget.value }); }} />}
      {draft.who === 'invented' && (
        <>
          <Switch label="Is a member of the program" checked={draft.member} onChange={(event) => { set({ member: event.currentTarget.checked }); }} />
          <Group gap="sm" align="end">
            {kinds.map((kind) => <TextInput key={kind.key} label={kind.name} w={120} inputMode="decimal" placeholder="0" value={draft.points[kind.key] ?? ''} onChange={(event) => { set({ points: { ...draft.points, [kind.key]: event.currentTarget.value } }); }} />)}
            {groups.map((group) => <Select key={group.key} label={group.name} w={160} clearable placeholder="no level" data={group.levels.map((level) => ({ value: level.key, label: level.name }))} value={draft.levels[group.key] ?? null} onChange={(level) => { set({ levels: { ...draft.levels, [group.key]: level ?? '' } }); }} />)}
            <NumberInput label="Orders before this one" w={180} min={0} max={1_000_000} value={draft.orders} onChange={(orders) => { set({ orders: Number(orders) || 0 }); }} />
          </Group>
          <Group gap="sm" align="end"><Facts facts={facts} draft={draft} set={set} /></Group>
        </>
      )}
    </Stack>
  );
}
