import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { doneToast, failToast, undoToast } from '@/kit';
import type { Campaign } from './model';

type Named = Pick<Campaign, 'id' | 'name'>;

/** Puts campaigns away and takes them out again. */
export function useShelf() {
  const restore = useAction({ refresh: [['campaigns']], run: (c: Named, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/restore', { params: { path: { campaign_id: c.id } }, headers })) });
  const archive = useAction({ refresh: [['campaigns']], run: (c: Named) => ok(api.DELETE('/api/v1/campaigns/{campaign_id}', { params: { path: { campaign_id: c.id } } })) });
  return {
    busy: restore.isPending || archive.isPending,
    restore: (c: Named) => { restore.mutate(c, { onSuccess: () => { doneToast(`${c.name} is back`); }, onError: failToast }); },
    archive: (c: Named, then?: () => void) => { archive.mutate(c, { onSuccess: () => { then?.(); undoToast(`${c.name} archived`, () => restore.mutateAsync({ id: c.id, name: c.name })); }, onError: failToast }); },
  };
}
