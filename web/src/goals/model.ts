import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Goal = Schemas['Goal'];
export type GoalFigures = Schemas['GoalFigures'];
export type Condition = Goal['conditions'][number];
export type When = Condition['when'];
export type WriteKey = Schemas['WriteKeyOut'];
export type Conversions = Schemas['MailingConversions'];

export const whens: readonly { value: When; label: string }[] = [
  { value: 'address', label: 'the address contains' },
  { value: 'seconds', label: 'somebody stays for' },
  { value: 'scroll', label: 'somebody scrolls down' },
  { value: 'click', label: 'somebody clicks on' },
];

/** A condition in words: "the address contains /thanks". */
export function conditionText(c: Condition): string {
  const where = c.when !== 'address' && c.contains ? ` where the address contains ${c.contains}` : '';
  switch (c.when) {
    case 'address': return `the address contains ${c.contains}`;
    case 'seconds': return `somebody stays for ${c.seconds} seconds${where}`;
    case 'scroll': return `somebody scrolls down ${c.percent} %${where}`;
    case 'click': return `somebody clicks on ${c.selector}${where}`;
  }
}

export const conditionsText = (goal: Goal): string => (goal.conditions.length === 0 ? 'By your code' : goal.conditions.map(conditionText).join(', or '));

/** A key made of a name: "Sign up!" becomes sign_up. */
export const keyOf = (name: string): string => name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 64);

export const useGoalFigures = (databaseId: number, live = false) => useQuery({
  queryKey: ['goals', databaseId, 'figures'],
  queryFn: ({ signal }) => ok(api.GET('/api/v1/goals/figures', { params: { query: { database: databaseId } }, signal })),
  refetchInterval: live ? 3000 : 30_000,
});

export const snippetOf = (base: string, key: string): string => `<script>
  window.fidelia = window.fidelia || { q: [],
    goal: function () { this.q.push(['goal', arguments]); },
    identify: function () { this.q.push(['identify', arguments]); } };
</script>
<script async src="${base}/s/${key}.js"></script>`;

export const pixelOf = (base: string, key: string, goal: string): string => `<img src="${base}/s/${key}/goal.gif?goal=${goal}&m=MESSAGE&id=ORDER" alt="" width="1" height="1">`;
