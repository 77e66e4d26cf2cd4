import { useQueryClient } from '@tanstack/react-query';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import { formatStamp } from '@/kit';
import type { Template } from './model';

export interface Content { name: string; subject: string; preheader: string; body: string; text: string; format: Template['format']; fields: Record<string, string> }

export interface Autosave {
  problems: Template['problems'];
  /** what to say about the draft */
  words: string;
  /** somebody else's draft, saved while this one was written */
  conflict: { theirs: Template; words: string } | null;
  take: () => void;
  keep: () => void;
  /** whether something stands here that the server does not have, asked at the moment of leaving */
  unsaved: () => boolean;
  /** saves now; whether nothing is left unsaved */
  flush: () => Promise<boolean>;
}

export const contentOf = (t: Template): Content => ({ name: t.name, subject: t.subject, preheader: t.preheader, body: t.body, text: t.text, format: t.format, fields: t.fields });

/** What is saved of a draft: the parts of a mail, or the fields of another channel's message. */
const bodyOf = ({ fields, ...mail }: Content, channel: string) => (channel === 'email' ? mail : { name: mail.name, fields });

const same = (a: Content, b: Content) => JSON.stringify(a) === JSON.stringify(b);

/** Saves a draft by itself a second after the last keystroke; never over somebody else's work. */
export function useAutosave(template: Template, content: Content, enabled: boolean): Autosave {
  const client = useQueryClient();
  const revision = useRef(template.revision);
  const last = useRef(content);
  const [state, setState] = useState<{ problems: Template['problems']; words: string; conflict: Autosave['conflict'] }>({ problems: template.problems, words: '', conflict: null });
  const path = { params: { path: { template_id: template.id } } };

  const busy = useRef<Promise<void>>(Promise.resolve());
  const held = useRef(content);
  useEffect(() => { held.current = content; }, [content]);

  const store = async (next: Content) => {
    if (!next.name.trim() || same(next, last.current)) return;
    try {
      const made = await ok(api.PATCH('/api/v1/templates/{template_id}', { ...path, body: { ...bodyOf(next, template.channel), revision: revision.current } }));
      revision.current = made.revision;
      last.current = next;
      // A file attached meanwhile may not be in this answer.
      client.setQueryData<Template>(['templates', template.id], (before) => ({ ...made, attachments: before?.attachments ?? made.attachments }));
      setState({ problems: made.problems, words: `Draft saved ${formatStamp(made.updated_at).split(', ')[1] ?? ''}`, conflict: null });
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 409) {
        const theirs = await ok(api.GET('/api/v1/templates/{template_id}', path));
        setState((before) => ({ ...before, words: 'Not saved', conflict: { theirs, words: problem.detail.split('. ')[0] ?? problem.title } }));
      } else {
        setState((before) => ({ ...before, words: `Not saved: ${problem.detail}` }));
      }
    }
  };
  /** One after the other: a save that is under way decides the revision of the next. */
  const now = (next: Content) => {
    const run = () => store(next);
    busy.current = busy.current.then(run, run);
    return busy.current;
  };
  const save = useDebouncedCallback(now, 1000);

  useEffect(() => { if (enabled && !state.conflict && !same(content, last.current)) save(content); }, [content, enabled, save, state.conflict]);

  const accept = (theirs: Template) => { revision.current = theirs.revision; setState((before) => ({ ...before, problems: theirs.problems, conflict: null, words: '' })); };
  return {
    ...state,
    unsaved: () => enabled && !same(held.current, last.current),
    flush: async () => {
      await now(held.current);
      return same(held.current, last.current);
    },
    take: () => {
      if (!state.conflict) return;
      last.current = contentOf(state.conflict.theirs);
      accept(state.conflict.theirs);
    },
    keep: () => {
      if (!state.conflict) return;
      accept(state.conflict.theirs);
      save(content);
    },
  };
}
