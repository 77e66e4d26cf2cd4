import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import type { TestOrder } from '../testing/model';
import type { Definition, Kind } from './model';

type Schemas = components['schemas'];
export type Tried = Schemas['TriedDraft'];
export type Check = Schemas['PublishCheck'];
type Asked = Schemas['DraftAsked'];

const WAIT_MS = 400;
/** So many cases are asked for at a time: few enough to show that it goes on. */
const AT_ONCE = 10;

/** What a promotion that is being written would do to a basket, again after each change. */
export function useTried(programId: number, promotion: number | null, kind: Kind, definition: Definition, order: TestOrder | null) {
  const body: Asked | null = order && { ...order, promotion, kind, definition: { ...definition, name: definition.name.trim() || '…' } };
  const [ask] = useDebouncedValue(JSON.stringify(body), WAIT_MS);
  return useQuery({
    queryKey: ['promotions', 'try', programId, ask], enabled: ask !== 'null' && kind !== 'trigger', placeholderData: keepPreviousData, gcTime: 0, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/test/draft', { params: { path: { program_id: programId } }, body: JSON.parse(ask) as Asked, signal })),
  });
}

/** The saved cases as publishing the stored draft would leave them, a few at a time; `told` hears how many are done. */
export function usePublishCheck(promotion: number, at: string | null, cases: readonly number[] | undefined, told: (done: number) => void) {
  return useQuery({
    queryKey: ['promotions', 'check', promotion, at, cases], enabled: cases !== undefined, gcTime: 0, staleTime: Infinity, retry: false, refetchOnWindowFocus: false,
    queryFn: async ({ signal }): Promise<Check['items']> => {
      const found: Check['items'] = [];
      told(0);
      for (let n = 0; n < (cases ?? []).length; n += AT_ONCE) {
        const part = await ok(api.POST('/api/v1/loyalty/promotions/{promotion_id}/check', { params: { path: { promotion_id: promotion } }, body: { at, cases: (cases ?? []).slice(n, n + AT_ONCE) }, signal }));
        found.push(...part.items);
        told(found.length);
      }
      return found;
    },
  });
}

/** `3 of 12 saved cases change`; what cannot be worked out is said apart. */
export function checkWords(items: Check['items']): string {
  const n = items.filter((one) => one.state === 'changed').length, all = `${String(items.length)} saved ${items.length === 1 ? 'case' : 'cases'}`;
  if (n === 0) return items.length === 1 ? 'The saved case stays as it is.' : `None of ${all} changes.`;
  return `${String(n)} of ${all} ${n === 1 ? 'changes' : 'change'}.`;
}
