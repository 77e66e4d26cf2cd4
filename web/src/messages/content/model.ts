import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';

export type Fragment = components['schemas']['Fragment'];
export type Feed = components['schemas']['Feed'];
export type FeedAnswer = components['schemas']['FeedAnswer'];
export type AttachedFile = components['schemas']['AttachedFile'];

export const formats = [{ value: 'mjml', label: 'MJML' }, { value: 'html', label: 'HTML' }, { value: 'text', label: 'Plain text' }] as const;
export const formatWords = (format: Fragment['format']) => formats.find((f) => f.value === format)?.label ?? format;

export const failures = [
  { value: 'last', label: 'Show the last good copy', description: 'Without one nobody gets a message' },
  { value: 'block', label: 'Send nothing', description: 'The mailing does not begin; where each person has an own address, that person gets no message' },
  { value: 'empty', label: 'Leave it empty', description: 'The template has to do without: {% if feeds.key %}' },
] as const;

/** A key made of a name: small letters, digits and the joint. */
export const keyFrom = (name: string, joint: '-' | '_') =>
  name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, joint).replace(/^[^a-z]+/, '').slice(0, 60).replace(/[-_]+$/, '');

const all = { query: { limit: 1000 } };

export function useFragments() {
  return useQuery({ queryKey: ['fragments', 'choice'], queryFn: ({ signal }) => ok(api.GET('/api/v1/fragments', { params: all, signal })) }).data?.items ?? [];
}

export function useFeeds() {
  return useQuery({ queryKey: ['feeds', 'choice'], queryFn: ({ signal }) => ok(api.GET('/api/v1/feeds', { params: all, signal })) }).data?.items ?? [];
}

/** The segments that a message may ask for. */
export function useAsked(databaseId: number | undefined) {
  const can = useCan('segments:read');
  return useQuery({
    queryKey: ['segments', 'choice', databaseId], enabled: can && databaseId !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { limit: 1000, database: databaseId ?? 0 } }, signal })),
  }).data?.items ?? [];
}

/** What a template says to show something to the members of a segment only. */
export const forSegment = (id: number, name: string) => `{% if in_segment(${id}) %}{# ${name.replace(/[#{}%]/g, '')} #}\n\n{% endif %}`;
export const including = (key: string) => `{% include "${key}" %}`;

type Step = string | number;
/** How a template names a value inside of a feed. */
export function expressionOf(key: string, path: readonly Step[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `["${step.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"]`));
  return `feeds.${key}${steps.join('')}`;
}

export interface Branch { path: Step[]; label: string; words: string; children: Branch[]; more: number }
const SHOWN = 50;

/** A value of JSON as branches that a person can open; long lists are cut. */
export function branchesOf(value: unknown, path: readonly Step[] = []): Branch[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [Step, unknown][] = Array.isArray(value) ? value.map((inner, n) => [n, inner]) : Object.entries(value);
  return entries.slice(0, SHOWN).map(([step, inner]) => {
    const here = [...path, step];
    const children = path.length < 12 ? branchesOf(inner, here) : [];
    const size = typeof inner === 'object' && inner !== null ? Object.keys(inner).length : 0;
    return { path: here, label: String(step), words: wordsOf(inner), children, more: Math.max(0, size - children.length) };
  });
}

function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 1 ? '1 value' : `${Object.keys(value).length} values`;
  if (typeof value === 'string') return value.length > 80 ? `${value.slice(0, 80)}…` : value || '(empty)';
  return String(value);
}
