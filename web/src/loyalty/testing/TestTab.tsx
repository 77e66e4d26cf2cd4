import { Button, Grid, Group, SegmentedControl, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Loaded, PanelError, RefetchBar, Section, useAnnounceChange, useSearchParam } from '@/kit';
import { useLevelGroups, usePoints, type LevelGroup, type PointType, type Program } from '../programs/model';
import { Basket } from './Basket';
import { Cases } from './Cases';
import { useCases } from './cases';
import { askOf, draftOf, firstDraft, modeWords, useFacts, useTested, type Case, type Draft, type Mode, type Pinned } from './model';
import { Outcome, totalWords } from './Outcome';
import { useDraft } from './useDraft';
import { useKept } from './useKept';
import { Versions } from './Versions';
import { Who } from './Who';

/** The case that the address names is loaded once, when it is known. */
function useLoaded(programId: number, put: (draft: Draft) => void) {
  const [raw, setRaw] = useSearchParam('case');
  const cases = useCases(programId).data;
  const loaded = cases?.find((one) => String(one.id) === raw) ?? null;
  const last = useRef<string | null>(null);
  useEffect(() => {
    if (!loaded || last.current === raw) return;
    last.current = raw ?? null;
    put(draftOf(loaded.order));
  }, [loaded, raw, put]);
  const load = (found: Case) => { last.current = String(found.id); put(draftOf(found.order)); setRaw(String(found.id), { replace: true }); };
  const name = (id: number | null) => { last.current = id === null ? null : String(id); setRaw(id === null ? undefined : String(id), { replace: true }); };
  return { loaded: loaded?.id ?? null, load, name };
}

/** Try a basket on the program: for whom, when, with what; the result follows each change. Nothing is written but saved cases. */
export function TestTab({ program }: { program: Program }) {
  const points = usePoints(program.id), groups = useLevelGroups(program.id), cases = useCases(program.id);
  return (
    <Loaded query={points} what="the points">
      {(kinds) => <Loaded query={groups} what="the levels">{(levels) => <Loaded query={cases} what="the saved cases">{() => <Trial program={program} kinds={kinds} groups={levels} />}</Loaded>}</Loaded>}
    </Loaded>
  );
}

function Trial({ program, kinds, groups }: { program: Program; kinds: readonly PointType[]; groups: readonly LevelGroup[] }) {
  const spendable = kinds.filter((kind) => kind.kind === 'standard');
  const [draft, setDraft, currency] = useDraft(program, kinds);
  const [pinned, setPinned] = useKept<Pinned | null>(`loyalty-test-a.${String(program.database_id)}`, null);
  const { loaded, load, name } = useLoaded(program.id, setDraft);
  const query = useTested(program.id, draft), order = askOf(draft);
  const facts = useFacts(program.id, draft.versions).data;
  useAnnounceChange(order && !query.error && query.data && !query.isPlaceholderData ? totalWords(query.data, kinds) : undefined);
  const set = (part: Partial<Draft>) => { setDraft((before) => ({ ...before, ...part })); };
  const text = (field: 'channel' | 'region' | 'delivery' | 'currency', label: string, more: Record<string, unknown> = {}) => (
    <TextInput label={label} w={120} value={draft[field]} onChange={(event) => { set({ [field]: event.currentTarget.value }); }} {...more} />
  );
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Text c="dimmed">Nothing happens here: no points move, no limit is used up. Only cases that you save are kept.</Text>
        <Group gap="xs">
          <SegmentedControl aria-label="When several promotions fit" value={draft.mode ?? program.mode} data={Object.entries(modeWords).map(([value, label]) => ({ value, label }))} onChange={(mode) => { set({ mode: mode as Mode }); }} />
          <Button variant="subtle" size="compact-sm" onClick={() => { setDraft(firstDraft(currency)); name(null); }}>Start anew</Button>
        </Group>
      </Group>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Stack gap="md">
            <Section title="Who"><Who draft={draft} kinds={kinds} groups={groups} facts={facts} set={set} /></Section>
            <Section title="Basket"><Basket lines={draft.lines} change={(lines) => { set({ lines }); }} /></Section>
            <Section title="When and where">
              <Stack gap="sm">
                <Group gap="sm" align="end">
                  <TextInput type="datetime-local" label="At (empty is now)" value={draft.at} onChange={(event) => { set({ at: event.currentTarget.value }); }} />
                  {text('channel', 'Channel')}{text('region', 'Region')}{text('delivery', 'Delivery', { placeholder: '0.00', inputMode: 'decimal' })}{text('currency', 'Currency', { w: 92, maxLength: 3 })}
                </Group>
                <Versions programId={program.id} draft={draft} set={set} />
              </Stack>
            </Section>
            <Section title="Codes and points">
              <Group gap="sm" align="end">
                <TagsInput label="Promo codes" placeholder="Type one, then Enter" style={{ flex: '1 1 14rem' }} value={draft.codes} onChange={(codes) => { set({ codes }); }} />
                {spendable.map((kind) => <Select key={kind.key} label={`Use ${kind.name}`} w={160} data={[{ value: '', label: 'none' }, { value: 'max', label: 'as many as may be' }]} value={draft.redeem[kind.key] ?? ''} allowDeselect={false} onChange={(value) => { set({ redeem: { ...draft.redeem, [kind.key]: value ?? '' } }); }} />)}
              </Group>
            </Section>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <RefetchBar on={query.isFetching} />
          {query.error && <PanelError error={query.error} what="the basket" onRetry={() => void query.refetch()} />}
          {!query.error && query.data && order && <Outcome program={program} draft={draft} order={order} tested={query.data} pinned={pinned} kinds={kinds} pin={setPinned} back={setDraft} saved={name} />}
          {!order && <Text c="dimmed">Name a product: what it costs and earns, and why, stands here.</Text>}
        </Grid.Col>
      </Grid>
      <Cases programId={program.id} loaded={loaded} order={order} load={load} gone={(id) => { if (id === loaded) name(null); }} />
    </Stack>
  );
}
