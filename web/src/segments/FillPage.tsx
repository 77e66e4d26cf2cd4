import { Alert, List, Paper, SegmentedControl, Stack, Switch, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { api, ok } from '@/api/client';
import type { Database } from '@/api/database';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import type { components } from '@/api/schema';
import { ConditionEditor, countsOf, emptyTree, finishedBy, nodeAt, problemsOf, saidOf, Sentence, useCalculation, useTree, useVocabulary, useWords, writeTree, type Json, type Words } from '@/conditions';
import { announce, Delayed, failToast, formatCount, formatNumber, IconButton, LeaveGuard, Loaded, Page, paths, SkeletonPanel, useGo, useIdParam } from '@/kit';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { kindOf, useSegment, type Condition, type SegmentDetail } from './model';
import css from './segments.module.css';

type Forecast = components['schemas']['Forecast'];

/** What a filling would do; asked when typing has settled, never for unfinished rules. */
function useForecast(segmentId: number, condition: Json, replace: boolean, ready: boolean) {
  const [asked] = useDebouncedValue(condition, 300);
  return useQuery({
    queryKey: ['segments', segmentId, 'forecast', asked, replace], enabled: ready, placeholderData: keepPreviousData, retry: false, gcTime: 0,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/segments/{segment_id}/fill/preview', { params: { path: { segment_id: segmentId } }, body: { condition: asked as NonNullable<Condition>, replace }, signal })),
  });
}

/** Who enters, leaves and stays, in a few lines. */
export function Outlook({ forecast, replace }: { forecast: Forecast; replace: boolean }) {
  const { matched, size, entered, left, stays } = forecast;
  return (
    <>
      <Text data-testid="forecast" fw={600}>{entered === 0 && left === 0 ? 'Nobody would enter or leave' : `${formatCount(entered, 'person enters', 'people enter')}${replace ? `, ${formatCount(left, 'leaves', 'leave')}` : ''}`}</Text>
      <List size="sm" listStyleType="none">
        <List.Item>{formatCount(matched, 'person matches', 'people match')} the rules</List.Item>
        <List.Item>{formatNumber(stays)} of the list {stays === 1 ? 'stays' : 'stay'}</List.Item>
        <List.Item>{formatCount(size, 'person', 'people')} in the list afterwards</List.Item>
      </List>
    </>
  );
}

function Triggers({ forecast, replace, value, onChange }: { forecast: Forecast | undefined; replace: boolean; value: boolean; onChange: (on: boolean) => void }) {
  const many = (forecast?.entered ?? 0) + (replace ? forecast?.left ?? 0 : 0);
  return (
    <Paper className={css.rail ?? ''} component="section" aria-label="Triggers">
      <Switch label="Start scenarios and triggers" checked={value} onChange={(event) => { onChange(event.currentTarget.checked); }} />
      <Text size="xs" c="dimmed">{value
        ? `Entering and leaving are written as events${forecast ? `: ${formatCount(many, 'person', 'people')} may start what waits for them` : ''}.`
        : `Nothing is started${forecast ? `: ${formatCount(many, 'person comes', 'people come')} or go silently` : ''}.${forecast && !forecast.triggers ? ' The first filling of a list is silent unless you switch this on.' : ''}`}</Text>
    </Paper>
  );
}

function Filling({ raw, segment, database }: { raw: Words['raw']; segment: SegmentDetail; database: Database }) {
  const words = useWords(raw), go = useGo();
  const rules = useTree(emptyTree);
  const [lit, setLit] = useState<string | null>(null), [replace, setReplace] = useState(false), [told, setTold] = useState<boolean | null>(null);
  const [started, setStarted] = useState(false);
  const finished = useMemo(() => finishedBy(words), [words]);
  const written = useMemo(() => writeTree(rules.tree, finished), [rules.tree, finished]);
  const live = useCalculation({ databaseId: database.id, condition: written.condition, columns: [] });
  const some = rules.tree.include.of.length + rules.tree.exclude.of.length > 0, whole = written.skipped.length === 0;
  const query = useForecast(segment.id, written.condition, replace, some && whole);
  const forecast = some && whole ? query.data : undefined, triggers = told ?? forecast?.triggers ?? false;
  const fill = useAction({
    refresh: [['segments']],
    run: (body: components['schemas']['FillIn'], { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/fill', { params: { path: { segment_id: segment.id } }, body, headers })),
  });
  useEffect(() => { if (started) go(paths.segment(segment.id)); }, [started, go, segment.id]); // once the guard knows that nothing is lost
  const problem = fill.error ? toProblem(fill.error) : null;
  const problems = problemsOf(written, [...(problem?.errors ?? []), ...(live.problem?.errors ?? [])]);
  const current = !live.stale && live.data ? live.data : undefined;
  const run = () => {
    if (!some) { announce('Add a rule first'); failToast(new Error('There is no rule yet. Without one the list would be filled with everybody: add the rule “Everybody” if you mean that.')); return; }
    if (!whole) { failToast(new Error('A rule is unfinished. Finish or remove it, then fill the list.')); return; }
    fill.mutate({ condition: written.condition as NonNullable<Condition>, replace, skip_triggers: !triggers }, { onSuccess: () => { setStarted(true); }, onError: (error) => { if (toProblem(error).status !== 422) failToast(error); } });
  };
  return (
    <Page title="Fill from rules" crumbs={[{ label: 'Segments', href: paths.segments() }, { label: segment.name, href: paths.segment(segment.id) }]} facts={[segment.name, database.name]}
      primary={{ label: 'Fill the list', onClick: run, loading: fill.isPending }} secondary={[{ label: 'Back to the list', href: paths.segment(segment.id) }]}
      tools={<><IconButton label="Undo (Ctrl Z)" disabled={!rules.canUndo} onClick={rules.undo}><IconArrowBackUp size={18} /></IconButton><IconButton label="Redo (Ctrl Shift Z)" disabled={!rules.canRedo} onClick={rules.redo}><IconArrowForwardUp size={18} /></IconButton></>}
      rail={<Stack gap="md">
        <Paper className={css.rail ?? ''} component="section" aria-label="What would happen">
          <SegmentedControl size="xs" fullWidth aria-label="How the list is filled" value={replace ? 'replace' : 'add'} data={[{ value: 'add', label: 'Add to the list' }, { value: 'replace', label: 'Replace the list' }]} onChange={(v) => { setReplace(v === 'replace'); }} />
          {!some ? <Text c="dimmed">Add a rule, and the numbers stand here before anything is changed.</Text>
            : !whole ? <Text c="marigold">{written.skipped.length === 1 ? '1 rule is' : `${written.skipped.length} rules are`} unfinished</Text>
              : live.problem?.status === 422 ? <Text c="error" size="xs">A rule needs a correction</Text>
                : <Loaded query={query} what="what would happen">{(found) => <Outlook forecast={found} replace={replace} />}</Loaded>}
        </Paper>
        <Triggers forecast={forecast} replace={replace} value={triggers} onChange={setTold} />
      </Stack>}
      railBar={<Text fw={650}>{forecast ? formatCount(forecast.entered, 'person enters', 'people enter') : 'No numbers yet'}</Text>}
      help={{ text: 'The list is filled once: the rules are not kept, and nobody is added later by themselves. For a list that follows its rules make an updatable segment. The list before stays until the new one is whole; a filling can be stopped.' }}>
      <Stack gap="md">
        {problem && problem.status === 422 && <Alert color="clay" title={problem.title}>{problem.errors.map((e) => e.message).join(' · ') || problem.detail}</Alert>}
        <Paper p="sm" px="md">{current && some ? <Sentence text={current.sentence} spans={current.spans} idAt={(path) => nodeAt(written, path)} lit={lit} light={setLit} /> : <Text c="dimmed" lh="24px">People …</Text>}</Paper>
        <ConditionEditor words={words} databaseId={database.id} tree={rules.tree} change={rules.change} undo={rules.undo} redo={rules.redo} counts={countsOf(written, live.data?.nodes)} stale={live.stale} unfinished={new Set(written.skipped)} problems={problems}
          {...(current ? { said: saidOf(written, current.sentence, current.spans) } : {})} lit={lit} light={setLit} own={segment.id} />
      </Stack>
      <LeaveGuard dirty={() => some && !started} />
    </Page>
  );
}

/** Fills a static segment once with whoever meets rules: the numbers first, then a job. */
export function FillPage() {
  const id = useIdParam('segmentId');
  const query = useSegment(id);
  const words = useVocabulary(query.data?.database_id);
  const database = useDatabases()?.find((db) => db.id === query.data?.database_id);
  if (query.data?.type === 'static' && query.data.archived_at === null && words.data && database) return <Filling raw={words.data} segment={query.data} database={database} />;
  return (
    <Page title="Fill from rules" crumbs={[{ label: 'Segments', href: paths.segments() }]}>
      <Loaded query={query} what="the segment">
        {(found) => (found.type === 'static' ? <Loaded query={words} what="what rules can ask">{() => <Delayed><SkeletonPanel /></Delayed>}</Loaded> : <Text>This segment is {kindOf(found.type).label.toLowerCase()}: it is filled by its own rules and by nothing else.</Text>)}
      </Loaded>
    </Page>
  );
}
