import { IconCircleCheck, IconPlayerPlay, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, paths, useGo, type PageAction } from '@/kit';
import { askComplete, askStart } from './asks';
import { isOpen, type Campaign } from './model';
import { useShelf } from './useShelf';

interface Actions { primary?: PageAction; secondary: PageAction[]; menu: PageAction[] }
interface Drawers { details: () => void; clone: () => void; attach: () => void; newMailing: () => void }

/** What can be done with a campaign, by its state. */
export function useActions(campaign: Campaign | undefined, open: Drawers): Actions {
  const go = useGo();
  const can = { update: useCan('campaigns:update'), run: useCan('campaigns:run'), create: useCan('campaigns:create'), remove: useCan('campaigns:delete'), mailings: useCan('mailings:create'), attach: useCan('mailings:update') };
  const shelf = useShelf();
  const path = { params: { path: { campaign_id: campaign?.id ?? 0 } } };
  const start = useAction({ refresh: [['campaigns'], ['mailings']], run: (_: null, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/activate', { ...path, headers })) });
  const complete = useAction({ refresh: [['campaigns'], ['mailings']], run: (_: null, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/complete', { ...path, headers })), onDone: () => { doneToast('Campaign completed'); } });
  const refresh = useAction({ refresh: [['campaigns']], run: (_: null, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/refresh', { ...path, headers })) });
  if (!campaign) return { secondary: [], menu: [] };
  if (campaign.archived_at) return { secondary: [], menu: [], ...(can.remove ? { primary: { label: 'Restore campaign', loading: shelf.busy, onClick: () => { shelf.restore(campaign); } } } : {}) };
  const asked = (ask: (c: Campaign) => Promise<boolean>, then: () => void) => () => { ask(campaign).then((yes) => { if (yes) then(); }).catch(failToast); };
  const startIt: PageAction = { label: 'Start campaign…', icon: <IconPlayerPlay size={16} />, loading: start.isPending, onClick: asked(askStart, () => { start.mutate(null, { onError: failToast }); }) };
  const completeIt: PageAction = { label: 'Complete…', icon: <IconCircleCheck size={16} />, loading: complete.isPending, onClick: asked(askComplete, () => { complete.mutate(null, { onError: failToast }); }) };
  const newMailing: PageAction = { label: 'New mailing here', icon: <IconPlus size={16} />, onClick: open.newMailing };
  const { state } = campaign, adds = can.update && isOpen(campaign);
  const primary = state === 'draft' && can.run ? startIt : state === 'active' && adds && can.mailings ? newMailing : undefined;
  return {
    ...(primary ? { primary } : {}),
    secondary: [...(adds && can.mailings && primary !== newMailing ? [newMailing] : []), ...(state === 'active' && can.run ? [completeIt] : [])],
    menu: [
      ...(adds && can.attach ? [{ label: 'Attach an existing activity…', onClick: open.attach }] : []),
      ...(can.update ? [{ label: 'Name, goal and cost…', onClick: open.details }] : []),
      ...(campaign.activities > 0 ? [{ label: 'Its mailings in the calendar', href: `${paths.mailingCalendar()}?campaign=${campaign.id}` }] : []),
      ...(can.run && state === 'active' && !campaign.open_run ? [{ label: 'Take in newcomers now', onClick: () => { refresh.mutate(null, { onSuccess: () => { doneToast('Newcomers of the list are being taken in'); }, onError: failToast }); } }] : []),
      ...(can.create ? [{ label: 'Clone…', onClick: open.clone }] : []),
      ...(can.remove && state !== 'active' && state !== 'building' ? [{ label: 'Archive campaign', danger: true, onClick: () => { shelf.archive(campaign, () => { go(paths.campaigns()); }); } }] : []),
    ],
  };
}
