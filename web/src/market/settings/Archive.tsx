import { Button } from '@mantine/core';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast } from '@/kit';

/** Takes something out of use, or brings it back. What names it already goes on to. */
export function Archive({ name, archived, refresh, set }: { name: string; archived: boolean; refresh: string; set: (archived: boolean) => Promise<unknown> }) {
  const can = useCan('market:update');
  const change = useAction({ refresh: [[refresh]], run: (next: boolean) => set(next) });
  if (!can) return null;
  return (
    <Button variant="subtle" color="gray" size="compact-sm" loading={change.isPending} aria-label={`${archived ? 'Bring back' : 'Archive'} ${name}`}
      onClick={() => { change.mutate(!archived, { onSuccess: () => { doneToast(archived ? `${name} is in use again` : `${name} archived`); }, onError: failToast }); }}>
      {archived ? 'Bring back' : 'Archive'}
    </Button>
  );
}
