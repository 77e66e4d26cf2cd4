import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import type { components } from '@/api/schema';
import { Conflict, differencesOf, doneToast, forgetDraft, type AppFormState } from '@/kit';
import type { Mailing } from './model';

type Body = components['schemas']['MailingPatch'];
interface Wanted<V extends Record<string, unknown>> {
  mailing: Mailing; form: AppFormState<V>; valuesOf: (m: Mailing) => V; bodyOf: (v: V) => Body;
  labels: Partial<Record<keyof V & string, string>>; named: (key: string, value: unknown) => unknown;
}

/** Saves a mailing that somebody edits, and lets nobody write over what somebody else has saved meanwhile. */
export function useMailingSave<V extends Record<string, unknown>>({ mailing, form, valuesOf, bodyOf, labels, named }: Wanted<V>): { draftKey: string; dirty: boolean; onSave: (v: V) => Promise<void>; conflict: ReactNode } {
  const client = useQueryClient();
  const path = { params: { path: { mailing_id: mailing.id } } };
  const [seen, setSeen] = useState(mailing.updated_at); // the state that is being edited
  const [clash, setClash] = useState<{ theirs: Mailing; words: string } | null>(null);
  const save = useAction({ refresh: [['mailings']], run: ({ v, at }: { v: V; at: string }) => ok(api.PATCH('/api/v1/mailings/{mailing_id}', { ...path, body: { ...bodyOf(v), updated_at: at } })) });
  const draftKey = `mailing.${mailing.id}`;
  const { reset } = form;
  const dirty = form.form.isDirty();
  useEffect(() => {
    if (dirty || new Date(mailing.updated_at) <= new Date(seen)) return;
    reset(valuesOf(mailing)); // changed elsewhere while nothing is unsaved here
    setSeen(mailing.updated_at);
  }, [mailing, seen, dirty, reset, valuesOf]);
  const send = async (v: V, at: string) => {
    try {
      const made = await save.mutateAsync({ v, at });
      setSeen(made.updated_at);
      doneToast('Mailing saved');
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 409 && problem.errors.some((e) => e.pointer === '/updated_at')) setClash({ theirs: await ok(api.GET('/api/v1/mailings/{mailing_id}', path)), words: problem.detail.split('. ')[0] ?? problem.title });
      throw error;
    }
  };
  const take = (theirs: Mailing) => {
    reset(valuesOf(theirs));
    forgetDraft(draftKey);
    setSeen(theirs.updated_at);
    setClash(null);
    void client.invalidateQueries({ queryKey: ['mailings'] });
  };
  const keep = async (theirs: Mailing) => {
    setClash(null);
    setSeen(theirs.updated_at);
    if (await form.submit((v) => send(v, theirs.updated_at))) {
      forgetDraft(draftKey);
      form.form.resetDirty();
    }
  };
  const conflict = clash && (
    <Conflict words={clash.words} at={clash.theirs.updated_at} differences={differencesOf(valuesOf(clash.theirs), form.form.values, labels, named)}
      onTheirs={() => { take(clash.theirs); }} onMine={() => void keep(clash.theirs)} onClose={() => { setClash(null); }} />
  );
  return { draftKey, dirty, onSave: (v) => send(v, seen), conflict };
}
