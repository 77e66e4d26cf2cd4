import type { components } from '@/api/schema';
import type { ContentField } from '../model';
import type { TokenGroup } from '../placeholders';

type Problem = components['schemas']['TemplateProblem'];

/** The field that a problem is about: the server says `fields.text`, `fields/text` or only `text`. */
export const fieldOf = (part: string): string => part.replace(/^(fields|content)[./]/, '');

export function problemsOf(problems: readonly Problem[], keys: readonly string[]): { byField: Record<string, Problem[]>; rest: Problem[] } {
  const byField: Record<string, Problem[]> = {};
  const rest: Problem[] = [];
  for (const problem of problems) {
    const key = fieldOf(problem.part ?? 'body');
    if (keys.includes(key)) byField[key] = [...(byField[key] ?? []), problem];
    else rest.push(problem);
  }
  return { byField, rest };
}

export const hasVariables = (text: string): boolean => /\{[{%]/.test(text);

/** What differs from person to person, to choose from while a message is written. */
export function variablesOf(fields: readonly { name: string; label: string }[]): TokenGroup[] {
  const profile = fields.map((f) => ({ token: `{{ profile.${f.name} | default("") }}`, label: f.label || f.name.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase()) }));
  return [
    ...(profile.length > 0 ? [{ group: 'Profile', items: profile }] : []),
    { group: 'Links', items: [{ token: '{{ links.unsubscribe }}', label: 'Unsubscribe' }, { token: '{{ links.preferences }}', label: 'Preference page' }] },
  ];
}

export interface Counted { words: string; over: boolean }

/** How long a field is for whom it is shown, and whether that is too long. */
export function counted(field: Pick<ContentField, 'max_length'>, text: string, rendered: string | undefined): Counted | null {
  if (text === '' && field.max_length === null) return null;
  const known = rendered !== undefined || !hasVariables(text);
  const length = Array.from(known && hasVariables(text) ? rendered ?? '' : text).length; // as the server counts: code points
  const number = (n: number) => n.toLocaleString('en');
  const most = field.max_length === null ? '' : ` of ${number(field.max_length)}`;
  return { words: `${number(length)}${most} ${length === 1 && !most ? 'character' : 'characters'}${hasVariables(text) ? known ? ' for this person' : ' as written' : ''}`, over: field.max_length !== null && length > field.max_length };
}

/** What a list shows of a message: its first words. */
export const glimpse = (fields: Readonly<Record<string, string>>): string => Object.values(fields).find((text) => text.trim() !== '')?.trim().split('\n')[0] ?? '';
