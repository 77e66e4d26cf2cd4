import { useCallback, useMemo, useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { newKey } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import { finishedBy, readTree, useTree, writeTree, type Json, type Tree, type Words } from '@/conditions';
import { useDraft } from '@/kit';
import type { Condition, Kind, Schedule, Segment, SegmentDetail } from './model';

export interface Settings {
  name: string;
  description: string;
  tags: readonly string[];
  schedule: Schedule | null;
  range: Segment['range'];
  limit: number | null;
}

export interface BuilderStart {
  id: number | null;
  kind: Kind;
  databaseId: number;
  version: number | null;
  settings: Settings;
  condition: Json | null;
  draftKey: string;
}

interface Kept { settings: Settings; tree: Tree }

const textOf = (kept: Kept): string => JSON.stringify(kept);

/** What is being built: rules with undo, settings, the draft that survives a reload, and saving. */
export function useBuilder(start: BuilderStart, words: Words) {
  const rules = useTree(() => readTree(start.condition));
  const [settings, setSettings] = useState(start.settings);
  const [version, setVersion] = useState(start.version);
  const [base, setBase] = useState(() => textOf({ settings: start.settings, tree: rules.tree }));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saving, setSaving] = useState(false);
  const attempt = useRef<{ text: string; key: string } | null>(null);
  const saved = useRef(false);
  const now = useMemo(() => ({ settings, tree: rules.tree }), [settings, rules.tree]);
  const dirty = textOf(now) !== base;
  const { load } = rules;
  const draft = useDraft<Kept>(start.draftKey, now, dirty, (kept) => {
    setSettings({ ...start.settings, ...kept.settings }); // an old draft may know less
    load(kept.tree);
  });
  const finished = useMemo(() => finishedBy(words), [words]);
  const written = useMemo(() => writeTree(rules.tree, finished), [rules.tree, finished]);

  const before = useMemo(() => { const kept = JSON.parse(base) as Kept; return JSON.stringify([writeTree(kept.tree, finished).condition, kept.settings.range, kept.settings.limit]); }, [base, finished]);
  const rulesChanged = JSON.stringify([written.condition, settings.range, settings.limit]) !== before;

  const recalculate = useCallback((id: number) => ok(api.POST('/api/v1/segments/{segment_id}/recalculate', { params: { path: { segment_id: id } }, body: {}, headers: { 'Idempotency-Key': newKey() } })), []);

  const discard = useCallback(() => {
    const before = JSON.parse(base) as Kept;
    setSettings(before.settings);
    load(before.tree);
    setProblem(null);
    draft.clear();
  }, [base, load, draft]);

  const save = useCallback(async (force = false): Promise<SegmentDetail | null> => {
    const condition = written.condition as Condition;
    const body = { name: settings.name.trim(), description: settings.description, tags: [...settings.tags], ...(condition ? { condition } : {}), range: settings.range, limit: settings.limit, ...(start.kind === 'updatable' ? { schedule: settings.schedule } : {}) };
    const text = JSON.stringify(body);
    if (attempt.current?.text !== text) attempt.current = { text, key: newKey() };
    const headers = { 'Idempotency-Key': attempt.current.key };
    setSaving(true);
    setProblem(null);
    try {
      const latest = force && start.id !== null ? (await ok(api.GET('/api/v1/segments/{segment_id}', { params: { path: { segment_id: start.id } } }))).version : version;
      const reply = start.id === null
        ? await ok(api.POST('/api/v1/segments', { body: { ...body, database_id: start.databaseId, type: start.kind }, headers }))
        : await ok(api.PATCH('/api/v1/segments/{segment_id}', { params: { path: { segment_id: start.id } }, body: { ...body, ...(latest === null ? {} : { version: latest }) }, headers: force ? { 'Idempotency-Key': newKey() } : headers }));
      attempt.current = null;
      saved.current = true;
      setVersion(reply.version);
      setBase(textOf(now));
      draft.clear();
      return reply;
    } catch (error) {
      const found = toProblem(error);
      if (!found.unreachable) attempt.current = null;
      setProblem(found);
      return null;
    } finally {
      setSaving(false);
    }
  }, [written, settings, start, version, now, draft]);

  return { rulesChanged, recalculate, rules, settings, setSettings, written, finished, dirty, isDirty: () => dirty && !saved.current, draft, discard, save, saving, problem, setProblem };
}

export type BuilderState = ReturnType<typeof useBuilder>;
