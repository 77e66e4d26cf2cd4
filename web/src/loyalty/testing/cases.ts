import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { formatAmount, formatPoints, NO_VALUE } from '@/kit';
import type { Case, CaseRun, Difference, TestOrder } from './model';

const of = (programId: number) => ({ path: { program_id: programId } });
const one = (found: Case) => ({ path: { program_id: found.program_id, case_id: found.id } });

/** The saved cases of a program. */
export function useCases(programId: number, on = true) {
  return useQuery({ queryKey: ['promotions', 'cases', programId], enabled: on, queryFn: ({ signal }) => ok(api.GET('/api/v1/loyalty/programs/{program_id}/test-cases', { params: of(programId), signal })), select: (found) => found.items });
}

/** The saved cases worked out again; asked anew after every change of a promotion. */
export function useRuns(programId: number, on: boolean) {
  return useQuery({
    queryKey: ['promotions', 'runs', programId], enabled: on,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/test-cases/run', { params: of(programId), body: {}, signal })),
    select: (found) => new Map(found.items.map((run) => [run.case, run])),
  });
}

export function useCaseActions(programId: number) {
  const refresh = [['promotions', 'cases', programId], ['promotions', 'runs', programId]];
  return {
    save: useAction({ refresh, run: (values: { name: string; order: TestOrder }, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/test-cases', { params: of(programId), body: values, headers })) }),
    change: useAction({ refresh, run: ({ found, ...body }: { found: Case; name?: string; order?: TestOrder; expect?: boolean }, { headers }) => ok(api.PATCH('/api/v1/loyalty/programs/{program_id}/test-cases/{case_id}', { params: one(found), body: { ...body, revision: found.revision }, headers })) }),
    remove: useAction({ refresh, run: (found: Case) => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}/test-cases/{case_id}', { params: one(found) })) }),
  };
}

/** `5 cases: 4 same, 1 changed`; parts that are nought are left out. */
export function tally(count: number, runs: ReadonlyMap<number, CaseRun> | undefined): string {
  const all = `${String(count)} saved ${count === 1 ? 'case' : 'cases'}`;
  if (!runs) return all;
  const parts = (['same', 'changed', 'failed'] as const).map((state) => [state, [...runs.values()].filter((run) => run.state === state).length] as const);
  return `${all}: ${parts.filter(([, n]) => n > 0).map(([state, n]) => `${String(n)} ${runWords[state]}`).join(', ')}`;
}

export const runWords: Readonly<Record<CaseRun['state'], string>> = { same: 'the same', changed: 'changed', failed: 'cannot be worked out' };

/** `To pay €45.00 → €40.00`. */
export function differenceWords(found: Difference, currency: string): string {
  const write = (text: string | null) => (text === null ? (found.kind === 'text' ? 'not there' : NO_VALUE) : found.kind === 'money' ? formatAmount(text, currency) : found.kind === 'points' ? formatPoints(text) : text.charAt(0).toLowerCase() + text.slice(1));
  return `${found.label}: ${write(found.was)} → ${write(found.now)}`;
}
