import { Alert, Button, Group, Paper, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconArrowBackUp, IconArrowForwardUp, IconLock } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import type { Database } from '@/api/database';
import { allRules, rulesOf, ConditionEditor, countsOf, JsonView, nodeAt, problemsOf, readNodes, saidOf, Sentence, useCalculation, useSegmentNames, useWords, type Words } from '@/conditions';
import { announce, doneToast, ErrorSummary, failToast, formatNumber, IconButton, LeaveGuard, Page, paths, SaveBar, SideDrawer, Time, ToneBadge, useDrawer, useGo, useSearchParam } from '@/kit';
import { useColumns } from './columns';
import { Conflict, isConflict } from './Conflict';
import { CountRail } from './CountRail';
import { Funnel } from './Funnel';
import { ImportRules } from './ImportRules';
import { kindOf } from './model';
import { usePeopleActions } from './peopleActions';
import { PreviewTable } from './PreviewTable';
import { SaveCheck, type SaveAnswer } from './SaveCheck';
import { SettingsPanel } from './SettingsPanel';
import { TestPerson, Why } from './Why';
import css from './segments.module.css';
import { useBuilder, type BuilderStart } from './useBuilder';

interface BuilderProps { raw: Words['raw']; database: Database; size: number | null; start: BuilderStart }

/** The segment builder: rules beside their live size. */
export function Builder({ raw, database, size, start }: BuilderProps) {
  const words = useWords(raw);
  const builder = useBuilder(start, words);
  const { rules, settings, written, problem } = builder;
  const client = useQueryClient();
  const go = useGo();
  const [view, setView] = useSearchParam('tab');
  const [columns, setColumns, columnsKnown] = useColumns(database.id);
  const [lit, setLit] = useState<string | null>(null);
  const [focusOn, setFocusOn] = useState<{ id: string; n: number } | null>(null);
  const [nameError, setNameError] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [importing, setImporting] = useState(false);
  const [asking, setAsking] = useState<{ answer: (answer: SaveAnswer) => void } | null>(null);
  const scope = useRef<HTMLDivElement>(null);
  const why = useDrawer('why');
  const fields = useMemo(() => database.fields.filter((f) => f.name !== 'id'), [database]);
  const shown = useMemo(() => columns.filter((c) => fields.some((f) => f.name === c)), [columns, fields]);
  const live = useCalculation(!columnsKnown ? null : { databaseId: database.id, condition: written.condition, columns: shown, range: settings.range, limit: settings.limit });
  const names = useSegmentNames(database.id);
  const segments = useMemo(() => new Map((names ?? []).map((s) => [s.id, s.name])), [names]);

  const errors = useMemo(() => [...(problem?.errors ?? []), ...(live.problem?.errors ?? [])].filter((e, i, all) => all.findIndex((o) => o.pointer === e.pointer && o.message === e.message) === i), [problem, live.problem]);
  const problems = useMemo(() => problemsOf(written, errors), [written, errors]);
  const fieldErrors = useMemo(() => new Map(errors.filter((e) => !e.pointer.startsWith('/condition')).map((e) => [e.pointer, e.message])), [errors]);
  const counts = useMemo(() => (live.stale && live.data ? countsOf(written, live.data.nodes) : countsOf(written, live.data?.nodes)), [written, live]);
  const unfinished = useMemo(() => new Set(written.skipped), [written]);
  const general = errors.filter((e) => e.pointer !== '/name' && !e.pointer.startsWith('/condition')).map((e) => ({ path: '', message: e.message }));
  const conflict = isConflict(problem);
  const said = useMemo(() => (live.data && !live.stale ? saidOf(written, live.data.sentence, live.data.spans) : undefined), [written, live]);
  const fixes = problem && !conflict ? [...(problem.errors.length === 0 ? [{ path: '', message: problem.detail || problem.title }] : general), ...(fieldErrors.get('/name') ? [{ path: 'name', message: fieldErrors.get('/name') ?? '' }] : [])] : [];

  const focusFirst = (): boolean => {
    const open = allRules(rules.tree).find((r) => unfinished.has(r.id) && !rulesOf(r).some((c) => c.id !== r.id && unfinished.has(c.id)));
    const first = open ?? allRules(rules.tree).find((r) => unfinished.has(r.id));
    if (!first) return false;
    setView(undefined, { replace: true });
    setFocusOn({ id: first.id, n: Date.now() });
    announce('This rule is unfinished. Finish or remove it, then save.');
    return true;
  };
  const save = async (force = false): Promise<boolean> => {
    if (settings.name.trim() === '') {
      setNameError('Enter a name for the segment');
      scope.current?.querySelector<HTMLElement>('[data-path=name]')?.focus();
      return false;
    }
    if (focusFirst()) return false;
    let run = false;
    if (start.kind === 'updatable' && start.id !== null && builder.rulesChanged && !force) {
      const answer = await new Promise<SaveAnswer>((resolve) => { setAsking({ answer: resolve }); });
      setAsking(null);
      if (answer === null) return false;
      run = answer === 'run';
    }
    const reply = await builder.save(force);
    if (!reply) { setAttempt((n) => n + 1); return false; }
    if (run) await builder.recalculate(reply.id).catch(failToast);
    await client.invalidateQueries({ queryKey: ['segments'] });
    doneToast('Segment saved');
    go(paths.segment(reply.id), { replace: start.id === null });
    return true;
  };
  useHotkeys([['mod+S', () => void save()], ['mod+Enter', () => void save()]], [], true);

  const paste = async () => {
    const nodes = readNodes(await navigator.clipboard.readText().catch(() => ''));
    if (!nodes) { failToast(new Error('The clipboard holds no rules. Copy a rule with Ctrl C first, here or in another tab.')); return; }
    rules.change((tree) => ({ ...tree, include: { ...tree.include, of: [...tree.include.of, ...nodes] } }));
    announce(nodes.length === 1 ? 'Rule pasted' : `${nodes.length} rules pasted`);
  };
  const copyAll = async () => {
    await navigator.clipboard.writeText(JSON.stringify(written.condition, null, 2));
    doneToast('Rules copied as JSON');
  };
  const kind = kindOf(start.kind);
  const json = view === 'json';
  const idAt = (path: string) => nodeAt(written, path);
  const tools = (
    <Group gap={4}>
      <SegmentedControl size="xs" aria-label="View" value={json ? 'json' : 'builder'} data={[{ value: 'builder', label: 'Builder' }, { value: 'json', label: 'JSON' }]} onChange={(v) => { setView(v === 'json' ? 'json' : undefined, { replace: true }); }} />
      <IconButton label="Undo (Ctrl Z)" disabled={!rules.canUndo} onClick={rules.undo}><IconArrowBackUp size={18} /></IconButton>
      <IconButton label="Redo (Ctrl Shift Z)" disabled={!rules.canRedo} onClick={rules.redo}><IconArrowForwardUp size={18} /></IconButton>
    </Group>
  );
  const current = !live.stale && live.data;
  const actions = usePeopleActions({ databaseId: database.id, live, written, settings });
  return (
    <Page title={settings.name.trim() || 'New segment'} crumbs={[{ label: 'Segments', href: paths.segments() }]} tools={tools}
      badges={<><ToneBadge tone={kind.tone} icon={kind.icon}>{kind.label}</ToneBadge><ToneBadge icon={IconLock}>{database.name}</ToneBadge></>}
      primary={start.id === null ? { label: 'Create segment', onClick: () => void save(), loading: builder.saving } : undefined /* a saved one has the bar, once something changed */}
      menu={[
        { label: 'Import rules from a segment…', onClick: () => { setImporting(true); } }, { label: 'Copy all rules as JSON', onClick: () => void copyAll().catch(failToast) }, { label: 'Paste rules', onClick: () => void paste() },
        ...actions.menu, { label: 'Leave without saving', onClick: () => { go(start.id === null ? paths.segments() : paths.segment(start.id)); } },
      ]}
      rail={<Stack gap="md">
        <CountRail live={live} written={written} before={size} listed={start.kind === 'dynamic' ? null : start.id} />
        <Funnel live={live} written={written} tree={rules.tree} words={words} segments={segments} lit={lit} light={setLit} />
        <TestPerson databaseId={database.id} onFound={(id) => { why.open(id); }} />
        <SettingsPanel kind={start.kind} zone={database.timezone} databaseId={database.id} settings={settings} onChange={builder.setSettings} errors={fieldErrors} />
      </Stack>}
      railBar={<><Text fw={650} size="md"><span className="fd-num">{formatNumber(live.data?.count)}</span>{live.data ? ' people' : ''}{live.stale ? ' …' : ''}</Text>{start.id === null && <Button loading={builder.saving} onClick={() => void save()}>Create</Button>}</>}
      help={{ text: 'Rules are read from top to bottom; “left” is what remains after each. Nothing is used before it is saved. Unfinished rules are dashed and not counted. Keys: A adds a rule, Shift A in Exclude, Alt ↑ ↓ moves, Ctrl G groups, Ctrl D duplicates, Ctrl C and V copy rules as JSON, Del removes.' }}>
      <div ref={scope}>
        <Stack gap="md">
          {builder.draft.restoredAt && builder.dirty && (
            <Alert color="iris" p="xs" px="sm"><Group justify="space-between" gap="xs"><Text>Your draft from <Time value={builder.draft.restoredAt} /> is back.</Text><Button size="compact-sm" variant="default" onClick={builder.discard}>Discard draft</Button></Group></Alert>
          )}
          {conflict && start.id !== null && (
            <Conflict segmentId={start.id} busy={builder.saving} onMine={() => void save(true)} onTheirs={() => { builder.draft.clear(); builder.setProblem(null); void client.resetQueries({ queryKey: ['segments', start.id] }); }} />
          )}
          <ErrorSummary fixes={fixes} attempt={attempt} scope={scope} />
          <Paper p="sm" px="md" className={css.head ?? ''}>
            <TextInput label="Name" data-path="name" value={settings.name} error={nameError ?? fieldErrors.get('/name')} placeholder="Lapsed good customers" classNames={{ root: css.name ?? '' }}
              onChange={(event) => { const name = event.currentTarget.value; setNameError(null); builder.setSettings((s) => ({ ...s, name })); }} />
            {current ? <Sentence text={current.sentence} spans={current.spans} idAt={idAt} lit={lit} light={setLit} /> : <Text c="dimmed" lh="24px">{live.data?.sentence ?? 'People …'}</Text>}
          </Paper>
          {json
            ? <JsonView condition={written.condition} errors={errors} words={words} onChange={(tree) => { rules.change(() => tree, 'json'); }} />
            : <ConditionEditor words={words} databaseId={database.id} tree={rules.tree} change={rules.change} undo={rules.undo} redo={rules.redo} counts={counts} stale={live.stale} unfinished={unfinished} problems={problems} {...(said ? { said } : {})} lit={lit} light={setLit} own={start.id ?? undefined} focusOn={focusOn} />}
          <PreviewTable live={live} databaseId={database.id} fields={fields} columns={shown} onColumns={setColumns} onWhy={(id) => { why.open(id); }} />
          <SaveBar dirty={builder.dirty && start.id !== null} changes={0} saving={builder.saving} saveLabel="Save segment" savedAt={builder.draft.savedAt} onDiscard={builder.discard} onSave={() => void save()} />
        </Stack>
      </div>
      <SideDrawer name="why" title="Why in, why not">
        {(id) => <Why profileId={Number(id)} databaseId={database.id} words={words} segments={segments} condition={written.condition} range={settings.range} />}
      </SideDrawer>
      {importing && <ImportRules databaseId={database.id} own={start.id} words={words} segments={segments} onClose={() => { setImporting(false); }}
        onTake={(by, n) => { rules.change(by); setImporting(false); announce(n === 1 ? 'Rule imported' : `${n} rules imported`); }} />}
      {asking && start.id !== null && <SaveCheck segmentId={start.id} databaseId={database.id} zone={database.timezone} condition={written.condition} range={settings.range} limit={settings.limit} onAnswer={asking.answer} />}
      {actions.dialog}
      <LeaveGuard dirty={() => builder.isDirty() && !actions.leaving()} onSave={() => save()} />
    </Page>
  );
}

