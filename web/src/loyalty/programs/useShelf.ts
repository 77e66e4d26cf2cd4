import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { doneToast, failToast, paths, undoToast, useGo } from '@/kit';
import type { Program } from './model';

/** Put a program away, take it back, copy it. */
export function useShelf() {
  const go = useGo();
  const at = (p: Pick<Program, 'id'>) => ({ params: { path: { program_id: p.id } } });
  const back = useAction({ refresh: [['programs']], run: (p: Pick<Program, 'id'>, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/restore', { ...at(p), headers })) });
  const away = useAction({ refresh: [['programs']], run: (p: Pick<Program, 'id'>) => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}', at(p))) });
  const copy = useAction({ refresh: [['programs']], run: (p: Pick<Program, 'id'>, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/clone', { ...at(p), body: {}, headers })) });
  return {
    busy: back.isPending || away.isPending,
    restore: (p: Program) => { back.mutate(p, { onSuccess: () => { doneToast('Program restored'); }, onError: failToast }); },
    archive: (p: Program, then?: () => void) => { away.mutate(p, { onSuccess: () => { undoToast('Program archived', () => back.mutateAsync(p)); then?.(); }, onError: failToast }); },
    clone: (p: Program) => { copy.mutate(p, { onSuccess: (made) => { doneToast('Program cloned'); go(paths.program(made.id)); }, onError: failToast }); },
  };
}
