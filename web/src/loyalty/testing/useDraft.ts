import { useEffect } from 'react';
import type { PointType, Program } from '../programs/model';
import { currencyOf, firstDraft, hasGoods, type Draft } from './model';
import { useKept } from './useKept';

/** The basket of the test page, kept in this tab for all programs of a database; without goods it is in the program's currency. */
export function useDraft(program: Pick<Program, 'database_id'>, kinds: readonly PointType[]) {
  const currency = currencyOf(kinds);
  const [draft, set] = useKept<Draft>(`loyalty-test.${String(program.database_id)}`, firstDraft(currency));
  // another program of the database may reckon in another currency
  useEffect(() => { set((before) => (hasGoods(before) || before.currency === currency ? before : { ...before, currency })); }, [currency, set]);
  return [draft, set, currency] as const;
}
