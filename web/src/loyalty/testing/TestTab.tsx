import { Grid, Group, SegmentedControl, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { PanelError, RefetchBar, Section } from '@/kit';
import { useLevelGroups, usePoints, type Program } from '../programs/model';
import { Basket } from './Basket';
import { askOf, firstDraft, modeWords, useTested, type Draft, type Mode, type Tested } from './model';
import { Outcome } from './Outcome';
import { Who } from './Who';

/** Try a basket on the program: for whom, when, with what; the result follows each change. Nothing is written. */
export function TestTab({ program }: { program: Program }) {
  const kinds = usePoints(program.id).data ?? [], groups = useLevelGroups(program.id).data ?? [];
  const spendable = kinds.filter((kind) => kind.kind === 'standard');
  const [draft, setDraft] = useState<Draft>(() => firstDraft('EUR'));
  const [pinned, setPinned] = useState<Tested | null>(null);
  const query = useTested(program.id, draft);
  const set = (part: Partial<Draft>) => { setDraft((before) => ({ ...before, ...part })); };
  const text = (name: 'channel' | 'region' | 'delivery' | 'currency', label: string, more: Record<string, unknown> = {}) => (
    <TextInput label={label} w={120} value={draft[name]} onChange={(event) => { set({ [name]: event.currentTarget.value }); }} {...more} />
  );
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Text c="dimmed">Nothing is written here: no points move, no limit is used up.</Text>
        <SegmentedControl aria-label="When several promotions fit" value={draft.mode ?? program.mode} data={Object.entries(modeWords).map(([value, label]) => ({ value, label }))} onChange={(mode) => { set({ mode: mode as Mode }); }} />
      </Group>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Stack gap="md">
            <Section title="Who"><Who draft={draft} kinds={kinds} groups={groups} set={set} /></Section>
            <Section title="Basket"><Basket lines={draft.lines} change={(lines) => { set({ lines }); }} /></Section>
            <Section title="When and where">
              <Group gap="sm" align="end">
                <TextInput type="datetime-local" label="At (empty is now)" value={draft.at} onChange={(event) => { set({ at: event.currentTarget.value }); }} />
                {text('channel', 'Channel')}{text('region', 'Region')}{text('delivery', 'Delivery', { placeholder: '0.00', inputMode: 'decimal' })}{text('currency', 'Currency', { w: 92, maxLength: 3 })}
              </Group>
            </Section>
            <Section title="Codes and points">
              <Group gap="sm" align="end">
                <TagsInput label="Promo codes" placeholder="Type one, then Enter" style={{ flex: '1 1 14rem' }} value={draft.codes} onChange={(codes) => { set({ codes }); }} />
                {spendable.map((kind) => <Select key={kind.key} label={`Use ${kind.name}`} w={160} data={[{ value: '', label: 'none' }, { value: 'max', label: 'as many as may be' }]} value={draft.redeem[kind.key] ?? ''} allowDeselect={false} onChange={(value) => { set({ redeem: { ...draft.redeem, [kind.key]: value ?? '' } }); }} />)}
              </Group>
            </Section>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }} aria-live="polite">
          <RefetchBar on={query.isFetching} />
          {query.error && <PanelError error={query.error} what="the basket" onRetry={() => void query.refetch()} />}
          {!query.error && query.data && <Outcome tested={query.data} pinned={pinned} kinds={kinds} pin={setPinned} />}
          {!askOf(draft) && !query.data && <Text c="dimmed">Name a product: what it costs and earns, and why, stands here.</Text>}
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
