import { Group, NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useLevelGroups, usePoints } from '../programs/model';
import { usePools, type Kind, type Reward } from './model';
import { fitting, fresh, rewardOf, type RewardPart } from './rewards';

interface Props { kind: Kind; programId: number; databaseId: number; currency: string; reward: Reward; errors: ReadonlyMap<string, string>; change: (reward: Reward) => void }

/** What the promotion gives: its kind, then the few fields that kind has. */
export function RewardFields({ kind, programId, databaseId, currency, reward, errors, change }: Props) {
  const points = usePoints(programId).data ?? [], groups = useLevelGroups(programId).data ?? [], pools = usePools(databaseId).data ?? [];
  const values = reward as unknown as Record<string, string | number | boolean | null | undefined>;
  const set = (name: string, value: unknown) => { change({ ...reward, [name]: value }); };
  const options = (part: RewardPart) => {
    if (part.input === 'type') return points.map((one) => ({ value: one.key, label: one.name }));
    if (part.input === 'pool') return pools.map((one) => ({ value: String(one.id), label: one.name }));
    if (part.input === 'group') return groups.map((one) => ({ value: one.key, label: one.name }));
    if (part.input === 'level') return (groups.find((one) => one.key === values.group)?.levels ?? []).map((one) => ({ value: one.key, label: one.name }));
    return part.input === 'choice' ? [...part.choices] : [];
  };
  return (
    <Stack gap="sm">
      <Select label="Gives" data={fitting(kind).map((one) => ({ value: one.kind, label: one.label }))} value={reward.kind} allowDeselect={false} error={errors.get('/reward/kind')}
        onChange={(value) => { if (value) change(fresh(value, points.find((one) => one.kind === 'standard')?.key ?? points[0]?.key)); }} />
      <Group align="flex-start" gap="sm" wrap="wrap">
        {rewardOf(reward.kind).parts.map((part) => {
          const shared = { label: part.label, description: part.hint, error: errors.get(`/reward/${part.name}`) ?? errors.get(`reward.${part.name}`), inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[], w: { base: '100%', xs: 190 } };
          const value = values[part.name];
          if (part.input === 'yes') return <Switch key={part.name} mt="lg" label={part.label} checked={value === true} onChange={(event) => { set(part.name, event.currentTarget.checked); }} />;
          if (part.input === 'whole') return <NumberInput key={part.name} {...shared} min={1} max={1000} value={typeof value === 'number' ? value : ''} onChange={(next) => { set(part.name, typeof next === 'number' ? next : 1); }} />;
          if (['choice', 'type', 'pool', 'group', 'level'].includes(part.input)) {
            return <Select key={part.name} {...shared} data={options(part)} value={value === null || value === undefined ? null : String(value)} allowDeselect={part.optional === true} clearable={part.optional === true}
              onChange={(next) => { set(part.name, part.input === 'pool' ? Number(next) : next); }} />;
          }
          const unit = part.input === 'money' ? currency : part.input === 'percent' ? '%' : undefined;
          return <TextInput key={part.name} {...shared} inputMode={part.input === 'text' ? 'text' : 'decimal'} value={value === null || value === undefined ? '' : String(value)}
            rightSection={unit} rightSectionWidth={unit === undefined ? 0 : unit.length > 1 ? 48 : 30} onChange={(event) => { const text = event.currentTarget.value; set(part.name, part.optional && text.trim() === '' ? null : text); }} />;
        })}
      </Group>
    </Stack>
  );
}
