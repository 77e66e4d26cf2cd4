import { Button, Group, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useSegmentNames } from '@/conditions';
import { useLevelGroups, usePoints, type Program } from '../programs/model';
import { usePromotions, usePools } from '../promotions/model';
import { TAKES, type By, type Filter, type Filters as Values, type Report } from './model';

const periods: readonly { value: By; label: string }[] = [{ value: 'day', label: 'Last 30 days' }, { value: 'week', label: 'Last 13 weeks' }, { value: 'month', label: 'Last 12 months' }];
const steps = [{ value: 'day', label: 'by day' }, { value: 'week', label: 'by week' }, { value: 'month', label: 'by month' }];

interface Props { program: Program; report: Report; filters: Values; set: (part: Partial<Record<Filter, string | undefined>>) => void; currencies?: readonly string[] }
interface Choice { value: string; label: string }

const named = (found: { items: readonly { external_id: string; name: string }[] }): Choice[] => found.items.map((one) => ({ value: one.external_id, label: one.name }));

const useChannelChoice = () => useQuery({ queryKey: ['sales-channels', 'choice'], staleTime: 60_000, retry: false, queryFn: ({ signal }) => ok(api.GET('/api/v1/market/channels', { signal })), select: named }).data ?? [];
const useRegionChoice = () => useQuery({ queryKey: ['regions', 'choice'], staleTime: 60_000, retry: false, queryFn: ({ signal }) => ok(api.GET('/api/v1/market/regions', { signal })), select: named }).data ?? [];

/** The period and whom a report is about; only what the open report can be narrowed by. */
export function Filters({ program, report, filters, set, currencies = [] }: Props) {
  const [own, setOwn] = useState(filters.from !== undefined || filters.to !== undefined);
  const levels = useLevelGroups(program.id).data ?? [], kinds = usePoints(program.id).data ?? [], promotions = usePromotions(program.id).data ?? [], pools = usePools(program.database_id).data ?? [];
  const segments = useSegmentNames(program.database_id) ?? [];
  const channels = useChannelChoice(), regions = useRegionChoice();
  const data: Partial<Record<Filter, { label: string; choices: readonly Choice[] }>> = {
    points: { label: 'Points', choices: kinds.map((one) => ({ value: one.key, label: one.name })) },
    level: { label: 'Level', choices: levels.flatMap((group) => group.levels.map((level) => ({ value: String(level.id), label: levels.length > 1 ? `${group.name}: ${level.name}` : level.name }))) },
    segment: { label: 'Segment', choices: segments.map((one) => ({ value: String(one.id), label: one.name })) },
    promotion: { label: 'Promotion', choices: promotions.map((one) => ({ value: String(one.id), label: one.definition.name })) },
    channel: { label: 'Channel', choices: channels },
    region: { label: 'Region', choices: regions },
    currency: { label: 'Currency', choices: currencies.length > 1 ? currencies.map((one) => ({ value: one, label: one })) : [] },
    pool: { label: 'Code pool', choices: pools.map((one) => ({ value: String(one.id), label: one.name })) },
  };
  const shown = TAKES[report].flatMap((name) => {
    const found = data[name];
    return found && (found.choices.length > 0 || filters[name] !== undefined) ? [{ name, ...found }] : [];
  });
  const narrowed = shown.some(({ name }) => filters[name] !== undefined);
  const by = filters.by ?? 'month';
  return (
    <Group gap="xs" mb="md" align="end" role="group" aria-label="Period and filters">
      <Select label="Period" w={160} allowDeselect={false} data={[...periods, { value: 'own', label: 'Days of your own' }]} value={own ? 'own' : by}
        onChange={(value) => { setOwn(value === 'own'); if (value !== 'own') set({ by: value === 'month' ? undefined : value ?? undefined, from: undefined, to: undefined }); }} />
      {own && (
        <>
          <TextInput type="date" label="From" value={filters.from ?? ''} onChange={(event) => { set({ from: event.currentTarget.value || undefined }); }} />
          <TextInput type="date" label="To" value={filters.to ?? ''} onChange={(event) => { set({ to: event.currentTarget.value || undefined }); }} />
          <Select label="In steps" w={120} allowDeselect={false} data={steps} value={by} onChange={(value) => { set({ by: value === 'month' ? undefined : value ?? undefined }); }} />
        </>
      )}
      {shown.map(({ name, label, choices }) => (
        <Select key={name} label={label} w={160} clearable searchable placeholder="all" data={choices.some((one) => one.value === filters[name]) || filters[name] === undefined ? [...choices] : [...choices, { value: filters[name], label: filters[name] }]}
          value={filters[name] ?? null} onChange={(value) => { set({ [name]: value ?? undefined }); }} />
      ))}
      {narrowed && <Button variant="subtle" onClick={() => { set(Object.fromEntries(shown.map(({ name }) => [name, undefined]))); }}>Clear filters</Button>}
    </Group>
  );
}
