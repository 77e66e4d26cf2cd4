import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import type { Kind, Limit } from './model';

const WHAT = { uses: 'times', points: 'points', money: 'money' } as const;
const PER = [{ value: 'program', label: 'in all' }, { value: 'member', label: 'per member' }];
const PERIOD = [{ value: 'ever', label: 'ever' }, { value: 'day', label: 'a day' }, { value: 'week', label: 'a week' }, { value: 'month', label: 'a month' }, { value: 'year', label: 'a year' }];

/** How often, and how much, the promotion may give: each limit as a sentence. */
export function LimitFields({ kind, currency, limits, errors, change }: { kind: Kind; currency: string; limits: readonly Limit[]; errors: ReadonlyMap<string, string>; change: (limits: Limit[]) => void }) {
  const whats = (kind === 'discount' ? ['uses', 'money'] as const : ['uses', 'points'] as const).map((value) => ({ value, label: value === 'money' ? currency : WHAT[value] }));
  const set = (n: number, part: Partial<Limit>) => { change(limits.map((one, at) => (at === n ? { ...one, ...part } : one))); };
  return (
    <Stack gap="sm">
      {limits.length === 0 && <Text c="dimmed" size="sm">No limits: everybody whom it fits gets it, as often as they order.</Text>}
      {limits.map((limit, n) => (
        <Group key={n} gap="xs" align="flex-start" wrap="wrap">
          <TextInput aria-label={`Limit ${n + 1}: at most`} w={120} inputMode="decimal" value={limit.most} error={errors.get(`/limits/${n}/most`) ?? errors.get(`/limits/${n}`)} onChange={(event) => { set(n, { most: event.currentTarget.value }); }} />
          <Select aria-label={`Limit ${n + 1}: of what`} w={110} data={whats} value={limit.what} allowDeselect={false} onChange={(value) => { if (value) set(n, { what: value }); }} />
          <Select aria-label={`Limit ${n + 1}: period`} w={110} data={PERIOD} value={limit.period ?? 'ever'} allowDeselect={false} onChange={(value) => { if (value) set(n, { period: value as NonNullable<Limit['period']> }); }} />
          <Select aria-label={`Limit ${n + 1}: of whom`} w={130} data={PER} value={limit.per ?? 'program'} allowDeselect={false} onChange={(value) => { if (value) set(n, { per: value as NonNullable<Limit['per']> }); }} />
          <IconButton label={`Remove limit ${n + 1}`} onClick={() => { change(limits.filter((_, at) => at !== n)); }}><IconX size={16} /></IconButton>
        </Group>
      ))}
      <div><Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => { change([...limits, { what: 'uses', most: '1', per: limits.length ? 'program' : 'member', period: 'ever' }]); }}>Add a limit</Button></div>
    </Stack>
  );
}
