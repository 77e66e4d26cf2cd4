import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import type { AppFormState } from '@/kit';
import type { Database, Field, Profile } from './model';
import { empty, fromForm, toForm, type FormValue } from './values';

export type Values = Record<string, FormValue>;

export const valuesOf = (fields: readonly Field[], profile: Profile | undefined): Values =>
  Object.fromEntries(fields.map((f) => [f.name, toForm(f, profile?.[f.name] ?? (profile ? null : f.name === 'status' ? 'subscribed' : null))]));

const filled = (field: Field, values: Values) => !empty(values[field.name] ?? null);

/** Whether a new profile would tell nobody from anybody else: its state alone is no person. */
export const saysNothing = (fields: readonly Field[], values: Values): boolean => !fields.some((f) => f.name !== 'status' && filled(f, values));

export interface ProfileSave {
  /** `from` is the state that it replaces, by default what was read */
  save: (values: Values, from?: Profile) => Promise<number>;
  /** somebody else's state, saved while this one was typed */
  clash: { theirs: Profile; words: string } | null;
  take: () => void;
  /** the present state is known now: the next save replaces it */
  settle: (theirs: Profile) => void;
  later: () => void;
}

/** Adds a profile, or sends only what was touched since it was read; never over somebody else's change. */
export function useProfileSave(database: Database, fields: readonly Field[], profile: Profile | undefined, form: AppFormState<Values>): ProfileSave {
  const client = useQueryClient();
  const [base, setBase] = useState(profile); // the state that is being edited
  const [clash, setClash] = useState<ProfileSave['clash']>(null);
  const { reset } = form;
  const dirty = form.form.isDirty();
  useEffect(() => {
    if (!profile || dirty || Number(profile.version) <= Number(base?.version ?? 0)) return;
    reset(valuesOf(fields, profile)); // changed elsewhere while nothing is unsaved here
    setBase(profile);
  }, [profile, base, dirty, fields, reset]);
  const run = useAction({
    refresh: [['profiles'], ['databases']],
    run: async ({ values, from }: { values: Values; from: Profile | undefined }, { headers }): Promise<Profile> => {
      if (from) {
        const before = valuesOf(fields, from);
        const changed = fields.filter((f) => JSON.stringify(values[f.name] ?? null) !== JSON.stringify(before[f.name] ?? null));
        const set = Object.fromEntries(changed.filter((f) => filled(f, values)).map((f) => [f.name, fromForm(f, values[f.name] ?? null)]));
        const unset = changed.filter((f) => !filled(f, values)).map((f) => f.name);
        return await ok(api.PATCH('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: database.id, profile_id: from.id } }, body: { set, unset, ...(typeof from.version === 'number' ? { version: from.version } : {}) } })) as Profile;
      }
      const body = Object.fromEntries(fields.filter((f) => filled(f, values)).map((f) => [f.name, fromForm(f, values[f.name] ?? null)]));
      return await ok(api.POST('/api/v1/databases/{database_id}/profiles', { params: { path: { database_id: database.id } }, body, headers })) as Profile;
    },
  });
  const save = async (values: Values, from = base) => {
    try {
      const made = await run.mutateAsync({ values, from });
      if (from) {
        setBase(made);
        reset(valuesOf(fields, made));
      }
      return made.id;
    } catch (error) {
      const problem = toProblem(error);
      if (from && problem.status === 409 && problem.errors.some((e) => e.pointer === '/version')) {
        const theirs = await ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: database.id, profile_id: from.id } } })) as Profile;
        setClash({ theirs, words: problem.detail || problem.title });
      }
      throw error;
    }
  };
  const settle = (theirs: Profile) => {
    setBase(theirs);
    setClash(null);
  };
  return {
    save, clash, settle,
    take: () => {
      if (!clash) return;
      reset(valuesOf(fields, clash.theirs));
      settle(clash.theirs);
      void client.invalidateQueries({ queryKey: ['profiles'] });
    },
    later: () => { setClash(null); },
  };
}
