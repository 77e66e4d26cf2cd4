import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, formatCount, paths, useGo, type PageAction } from '@/kit';
import { audienceWords, useSummary, type Program } from './model';
import { useShelf } from './useShelf';

interface Actions { primary?: PageAction; secondary: PageAction[]; menu: PageAction[] }

/** What can be done with a program, by its state. */
export function useProgramActions(program: Program | undefined): Actions {
  const go = useGo();
  const can = { run: useCan('loyalty:run'), create: useCan('loyalty:create'), remove: useCan('loyalty:delete') };
  const shelf = useShelf();
  const members = useSummary(program?.id ?? 0, program?.state === 'active').data?.members;
  const path = { params: { path: { program_id: program?.id ?? 0 } } };
  const activate = useAction({ refresh: [['programs'], ['members']], run: (_: null, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/activate', { ...path, headers })), onDone: () => { doneToast('Program activated; its members are being let in'); } });
  const rest = useAction({ refresh: [['programs']], run: (_: null, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/deactivate', { ...path, headers })), onDone: () => { doneToast('Program deactivated'); } });
  if (!program) return { secondary: [], menu: [] };
  if (program.state === 'archived') return { secondary: [], menu: [], ...(can.remove ? { primary: { label: 'Restore program', loading: shelf.busy, onClick: () => { shelf.restore(program); } } } : {}) };
  const begin = async () => {
    const yes = await confirmConsequence({ title: `Activate ${program.name}?`, body: `Members are ${audienceWords(program)}. They are let in now, and get what members begin with.`, action: 'Activate program', keep: 'Not yet' });
    if (yes) activate.mutate(null, { onError: failToast });
  };
  const stop = async () => {
    const yes = await confirmConsequence({ title: `Deactivate ${program.name}?`, body: `${members === undefined ? 'Its members' : formatCount(members, 'member', 'members')} earn and spend nothing until it is active again. Points and levels stay as they are.`, action: 'Deactivate program', keep: 'Keep it active' });
    if (yes) rest.mutate(null, { onError: failToast });
  };
  return {
    ...(can.run && program.state !== 'active' ? { primary: { label: 'Activate…', loading: activate.isPending, onClick: () => { begin().catch(failToast); } } } : {}),
    secondary: [],
    menu: [
      ...(can.run && program.state === 'active' ? [{ label: 'Deactivate…', onClick: () => { stop().catch(failToast); } }] : []),
      ...(can.create ? [{ label: 'Clone', onClick: () => { shelf.clone(program); } }] : []),
      ...(can.remove && program.state !== 'active' ? [{ label: 'Archive program', danger: true, onClick: () => { shelf.archive(program, () => { go(paths.programs()); }); } }] : []),
    ],
  };
}
