import { Button, NumberInput, Paper, Skeleton, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import { allRules, ConditionEditor, countsOf, finishedBy, problemsOf, readTree, Sentence, nodeAt, useTree, useWords, writeTree, type Words } from '@/conditions';
import { announce, doneToast, ErrorSummary, formatNumber, formatShare, LeaveGuard, Page, PanelError, paths, RefetchBar, SaveBar, Section, ToneBadge, useGo } from '@/kit';
import { ScheduleFields } from '../ScheduleFields';
import { kindOf, words as nouns, ZONE, type Entity, type ProductSchedule, type ProductSegmentDetail } from './model';
import { ProductGrid } from './ProductGrid';
import css from './products.module.css';
import { useProductCount, type ProductCount } from './useProductCount';

interface Settings { name: string; description: string; limit: number | null; schedule: ProductSchedule | null; active: boolean }

function Rail({ live, entity, unfinished }: { live: ProductCount; entity: Entity; unfinished: number }) {
  const { data, stale, problem } = live;
  return (
    <Paper withBorder p="md" component="section" aria-label="In this segment">
      <Text c="dimmed">In this segment</Text>
      {data ? <span className={css.count} data-testid="count" {...(stale ? { 'data-stale': true } : {})}>{formatNumber(data.count)}</span> : problem ? null : <Skeleton height={34} width={120} />}
      {data && <Text c="dimmed">{data.count === 1 ? nouns[entity].one : nouns[entity].many}{data.total !== null ? ` · ${formatShare(data.count, data.total)} of ${formatNumber(data.total)}` : ''}</Text>}
      {data && !stale && data.matched !== data.count && <Text size="xs" c="dimmed">{formatNumber(data.matched)} match the rules; the limit keeps {formatNumber(data.count)}</Text>}
      {problem && problem.status !== 422 && <PanelError error={problem} what="the size" onRetry={live.again} />}
      {problem?.status === 422 && <Text c="error" size="xs">The size is not known: a rule needs a correction</Text>}
      {unfinished > 0 && <Text c="marigold">{unfinished === 1 ? '1 rule is unfinished and not counted' : `${unfinished} rules are unfinished and not counted`}</Text>}
    </Paper>
  );
}

/** The rules of a product segment beside what they find. */
export function ProductBuilder({ raw, entity, segment }: { raw: Words['raw']; entity: Entity; segment?: ProductSegmentDetail }) {
  const words = useWords(raw), noun = nouns[entity], kind = kindOf('updatable');
  const rules = useTree(() => readTree(segment?.condition ?? null));
  const [settings, setSettings] = useState<Settings>({ name: segment?.name ?? '', description: segment?.description ?? '', limit: segment?.limit ?? null, schedule: segment ? segment.schedule : { at: '03:00', weekdays: [] }, active: segment?.active ?? true });
  const [lit, setLit] = useState<string | null>(null);
  const [focusOn, setFocusOn] = useState<{ id: string; n: number } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [nameError, setNameError] = useState<string | null>(null);
  const saved = useRef(false), scope = useRef<HTMLDivElement>(null);
  const go = useGo(), client = useQueryClient();
  const written = useMemo(() => writeTree(rules.tree, finishedBy(words)), [rules.tree, words]);
  const now = JSON.stringify([settings, rules.tree]);
  const [base, setBase] = useState(now);
  const dirty = now !== base;
  const live = useProductCount(entity, written.condition, settings.limit);
  const errors = useMemo(() => [...(problem?.errors ?? []), ...(live.problem?.errors ?? [])].filter((e, i, all) => all.findIndex((o) => o.pointer === e.pointer && o.message === e.message) === i), [problem, live.problem]);
  const fieldErrors = useMemo(() => new Map(errors.filter((e) => !e.pointer.startsWith('/condition')).map((e) => [e.pointer, e.message])), [errors]);
  const unfinished = useMemo(() => new Set(written.skipped), [written]);
  const set = (change: Partial<Settings>) => { setSettings((s) => ({ ...s, ...change })); };
  const send = useAction({
    refresh: [['product-segments']],
    run: (_: null, { headers }) => {
      const body = { name: settings.name.trim(), description: settings.description, limit: settings.limit, schedule: settings.schedule, active: settings.active, condition: written.condition as never };
      if (!segment) return ok(api.POST('/api/v1/market/product-segments', { body: { ...body, entity, type: 'updatable' }, headers }));
      return ok(api.PATCH('/api/v1/market/product-segments/{segment_id}', { params: { path: { segment_id: segment.id } }, body: { ...body, version: segment.version } }));
    },
  });
  const save = async (): Promise<boolean> => {
    if (settings.name.trim() === '') { setNameError('Enter a name for the segment'); scope.current?.querySelector<HTMLElement>('[data-path=name]')?.focus(); return false; }
    const open = allRules(rules.tree).find((r) => unfinished.has(r.id));
    if (open) { setFocusOn({ id: open.id, n: Date.now() }); announce('This rule is unfinished. Finish or remove it, then save.'); return false; }
    setProblem(null);
    try {
      const reply = await send.mutateAsync(null);
      saved.current = true;
      setBase(now);
      await client.invalidateQueries({ queryKey: ['product-segments'] });
      doneToast('Product segment saved; its list is being filled');
      go(paths.productSegment(reply.id), { replace: !segment });
      return true;
    } catch (error) {
      setProblem(toProblem(error));
      setAttempt((n) => n + 1);
      return false;
    }
  };
  useHotkeys([['mod+S', () => void save()], ['mod+Enter', () => void save()]], [], true);
  const fixes = problem ? (problem.errors.length === 0 ? [{ path: '', message: problem.detail || problem.title }] : problem.errors.filter((e) => !e.pointer.startsWith('/condition')).map((e) => ({ path: e.pointer === '/name' ? 'name' : '', message: e.message }))) : [];
  const data = live.data;
  return (
    <Page title={settings.name.trim() || 'New product segment'} crumbs={[{ label: 'Product segments', href: paths.productSegments() }]}
      badges={<><ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge><ToneBadge>{noun.holds}</ToneBadge></>}
      primary={segment ? undefined : { label: 'Create segment', onClick: () => void save(), loading: send.isPending }}
      help={{ text: `Rules choose ${noun.many} of the catalogue. The list is filled when you save, and again on its schedule.`, guide: 'product-segments' }}
      rail={<Stack gap="md">
        <Rail live={live} entity={entity} unfinished={unfinished.size} />
        <Paper withBorder p="md" component="section" aria-label="Schedule">
          <Stack gap="sm">
            <ScheduleFields schedule={settings.schedule} zone={ZONE} errors={fieldErrors} onChange={(schedule) => { set({ schedule }); }} />
            {settings.schedule && <Switch label="Switched on" checked={settings.active} onChange={(event) => { set({ active: event.currentTarget.checked }); }} />}
          </Stack>
        </Paper>
        <Paper withBorder p="md" component="section" aria-label="Limit and description">
          <Stack gap="sm">
            <NumberInput label="At most" placeholder="no limit" min={1} thousandSeparator="," value={settings.limit ?? ''} error={fieldErrors.get('/limit')} onChange={(v) => { set({ limit: typeof v === 'number' ? v : null }); }} />
            <Textarea label="Description" autosize minRows={1} maxRows={6} value={settings.description} onChange={(event) => { set({ description: event.currentTarget.value }); }} />
          </Stack>
        </Paper>
      </Stack>}
      railBar={<><Text fw={650}><span className="fd-num">{formatNumber(data?.count)}</span> {data ? noun.many : ''}{live.stale ? ' …' : ''}</Text>{!segment && <Button loading={send.isPending} onClick={() => void save()}>Create</Button>}</>}>
      <div ref={scope}>
        <Stack gap="md">
          <ErrorSummary fixes={fixes} attempt={attempt} scope={scope} />
          <Paper withBorder p="sm" px="md">
            <TextInput label="Name" data-path="name" value={settings.name} placeholder="Coffee under 10 €" error={nameError ?? fieldErrors.get('/name')} onChange={(event) => { setNameError(null); set({ name: event.currentTarget.value }); }} />
            {data && !live.stale ? <Sentence text={data.sentence} spans={data.spans} idAt={(path) => nodeAt(written, path)} lit={lit} light={setLit} /> : <Text c="dimmed" lh="24px">{data?.sentence ?? `${noun.holds} …`}</Text>}
          </Paper>
          <ConditionEditor words={words} databaseId={0} tree={rules.tree} change={rules.change} undo={rules.undo} redo={rules.redo} counts={countsOf(written, data?.nodes)} stale={live.stale} unfinished={unfinished} problems={problemsOf(written, errors)} lit={lit} light={setLit} focusOn={focusOn} />
          <Section title={data ? `${noun.holds} (${formatNumber(data.count)})` : noun.holds}>
            <RefetchBar on={live.stale} />
            {data?.count === 0 && <Text c="dimmed">Nothing in the catalogue matches these rules.</Text>}
            {data && <ProductGrid cards={data.preview} stale={live.stale} />}
          </Section>
          <SaveBar dirty={dirty && segment !== undefined} changes={0} saving={send.isPending} saveLabel="Save segment" onDiscard={() => { if (segment) go(paths.productSegment(segment.id)); saved.current = true; }} onSave={() => void save()} />
        </Stack>
      </div>
      <LeaveGuard dirty={() => dirty && !saved.current} onSave={() => save()} />
    </Page>
  );
}
