import { Select, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Problem } from '@/api/problem';
import type { Json } from '@/conditions';
import { ErrorSummary, Loaded, Section, useAnnounceChange } from '@/kit';
import { usePoints, type Program } from '../programs/model';
import { currencyOf } from '../testing/model';
import { LimitFields } from './LimitFields';
import { useDraftVocabulary, useGroups, useOrderSegments, usePools, type Definition, type Kind } from './model';
import { RewardFields } from './RewardFields';
import { hasMoney } from './rewards';
import { Rules } from './Rules';
import { StartFields } from './StartFields';
import { useSaying } from './useSaying';
import { WhenFields } from './WhenFields';

interface Props { program: Program; kind: Kind; definition: Definition; problem: Problem | null; attempt: number; change: (definition: Definition) => void; unfinished: (number: number) => void; above?: ReactNode }

/** One page, one sentence: when, who and what, gets, limits, with. */
export function Editor({ program, kind, definition, problem, attempt, change, unfinished, above }: Props) {
  const scope = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState({ condition: 0, products: 0 });
  const saying = useSaying(program.id, kind, definition);
  useAnnounceChange(saying.stale ? undefined : saying.sentence);
  const words = useDraftVocabulary(program.id, kind === 'trigger' ? 'profile' : 'order'), lineWords = useDraftVocabulary(program.id, 'line');
  const groups = useGroups(program.id).data ?? [], segments = useOrderSegments(program.database_id).data ?? [], pools = usePools(program.database_id).data ?? [];
  const kinds = usePoints(program.id).data ?? [];
  const currency = definition.currency ?? currencyOf(kinds);
  const told = useMemo(() => [...(problem?.errors ?? []), ...(saying.problem?.errors ?? [])], [problem, saying.problem]);
  const errors = useMemo(() => new Map(told.map((e) => [e.pointer.replace(/^\/definition/, ''), e.message])), [told]);
  const pointed = useMemo(() => told.map((e) => ({ ...e, pointer: e.pointer.replace(/^\/definition/, '') })), [told]);
  const set = (part: Partial<Definition>) => {
    const next = { ...definition, ...part };
    const money = hasMoney(next.reward) || next.limits?.some((limit) => limit.what === 'money');
    change({ ...next, currency: money ? next.currency ?? currency : next.currency ?? null });
  };
  const latest = useRef(set);
  latest.current = set;
  const rules = useCallback((name: 'condition' | 'products') => (condition: Json | null, left: number) => {
    setOpen((o) => { const next = { ...o, [name]: left }; unfinished(next.condition + next.products); return next; });
    latest.current({ [name]: condition });
  }, [unfinished]);
  const onCondition = useMemo(() => rules('condition'), [rules]), onProducts = useMemo(() => rules('products'), [rules]);
  const fixes = problem ? (problem.errors.length ? problem.errors.map((e) => ({ path: e.pointer.endsWith('/name') ? 'name' : '', message: e.message })) : [{ path: '', message: problem.detail || problem.title }]) : [];
  return (
    <Stack gap="md" ref={scope}>
      {above}
      <ErrorSummary fixes={fixes} attempt={attempt} scope={scope} />
      <Section>
        <Stack gap="xs">
          <TextInput label="Name" data-path="name" value={definition.name} placeholder="Gold −10 %" error={errors.get('/name')} onChange={(event) => { set({ name: event.currentTarget.value }); }} />
          <Text data-testid="sentence" {...(saying.stale ? { c: 'dimmed' } : {})}>{saying.sentence || (saying.stale ? 'Putting it into words…' : 'What it does is said here.')}</Text>
          {open.condition + open.products > 0 && <Text c="marigold" size="sm">A rule is unfinished and does not count</Text>}
        </Stack>
      </Section>
      {kind === 'trigger' && <Section title="Starts"><StartFields databaseId={program.database_id} definition={definition} errors={errors} change={set} /></Section>}
      <Section title="When"><WhenFields definition={definition} zone={program.timezone} errors={errors} change={set} /></Section>
      <Section title={kind === 'trigger' ? 'Who' : 'Who and which orders'}>
        <Loaded query={words} what="the fields that rules may use">
          {(raw) => <Rules raw={raw} databaseId={program.database_id} condition={(definition.condition ?? null)} errors={pointed} pointer="/condition" none={kind === 'trigger' ? 'Every member.' : 'Every order of every buyer.'} change={onCondition} />}
        </Loaded>
        {kind !== 'trigger' && segments.length > 0 && <Select mt="sm" label="Only orders in" data={segments.map((one) => ({ value: String(one.id), label: one.name }))} placeholder="any order" clearable value={definition.order_segment_id ? String(definition.order_segment_id) : null} error={errors.get('/order_segment_id')} onChange={(value) => { set({ order_segment_id: value ? Number(value) : null }); }} />}
      </Section>
      {kind !== 'trigger' && (
        <Section title="Which products">
          <Loaded query={lineWords} what="the fields that rules may use">
            {(raw) => <Rules raw={raw} databaseId={program.database_id} condition={(definition.products ?? null)} errors={pointed} pointer="/products" none="Every line of the order." change={onProducts} />}
          </Loaded>
        </Section>
      )}
      <Section title="Gets">
        <RewardFields kind={kind} programId={program.id} databaseId={program.database_id} currency={currency} reward={definition.reward} errors={errors} change={(reward) => { set({ reward }); }} />
        {(hasMoney(definition.reward) || definition.limits?.some((limit) => limit.what === 'money')) && <TextInput mt="sm" label="Currency" description="Orders in another one get nothing" inputWrapperOrder={['label', 'input', 'description', 'error']} w={230} styles={{ input: { width: 120 } }} maxLength={3} value={currency} error={errors.get('/currency')} onChange={(event) => { set({ currency: event.currentTarget.value.toUpperCase() }); }} />}
      </Section>
      <Section title="Limits"><LimitFields kind={kind} currency={currency} limits={definition.limits ?? []} errors={errors} change={(limits) => { set({ limits }); }} /></Section>
      <Section title={kind === 'trigger' ? 'For yourself' : 'With'}>
        <Stack gap="sm">
          {kind !== 'trigger' && <>
            <Select label="Exclusion group" description="Of the promotions in a group only one wins" data={groups.map((one) => ({ value: String(one.id), label: `${one.name} (one per ${one.per})` }))} placeholder="none: goes with all others" clearable value={definition.group_id ? String(definition.group_id) : null} error={errors.get('/group_id')} onChange={(value) => { set({ group_id: value ? Number(value) : null }); }} />
            <Select label="Promo code" description="Only for who gives a code of this pool" data={pools.map((one) => ({ value: String(one.id), label: one.name }))} placeholder="none" clearable value={definition.code_pool_id ? String(definition.code_pool_id) : null} error={errors.get('/code_pool_id')} onChange={(value) => { set({ code_pool_id: value ? Number(value) : null }); }} />
            <Switch label="Nothing after it" description="When it applies, promotions after it do not" checked={definition.exclusive === true} onChange={(event) => { set({ exclusive: event.currentTarget.checked }); }} />
          </>}
          <Textarea label="Description" autosize minRows={1} maxRows={6} value={definition.description ?? ''} onChange={(event) => { set({ description: event.currentTarget.value }); }} />
        </Stack>
      </Section>
    </Stack>
  );
}
