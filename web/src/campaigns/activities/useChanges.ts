import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { confirmConsequence, failToast, formatCount, undoToast } from '@/kit';
import type { Campaign } from '../model';
import { keyOf, type CampaignActivity, type Widening } from './model';

/** What somebody has set and the server has not confirmed yet. */
interface Wish { widens?: Widening[]; exempt?: boolean }
interface Listed { items: CampaignActivity[] }

/**
 * Changes of a campaign's activities. A control shows at once what was chosen; what the server refuses goes back, and
 * says so. Of one activity one change is under way at a time, so that the last choice is the one that stays.
 */
export function useChanges(campaign: Campaign) {
  const client = useQueryClient();
  const refresh = [['campaigns'], ['mailings']];
  const at = (a: CampaignActivity) => ({ params: { path: { campaign_id: campaign.id, kind: a.kind, object_id: a.id } } });
  const change = useAction({ run: ({ activity, wish }: { activity: CampaignActivity; wish: Wish }) => ok(api.PATCH('/api/v1/campaigns/{campaign_id}/activities/{kind}/{object_id}', { ...at(activity), body: wish })) });
  const attach = useAction({ refresh, run: (a: CampaignActivity, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/activities', { params: { path: { campaign_id: campaign.id } }, body: { kind: 'mailing', id: a.id, widens: a.widens, exempt: a.exempt }, headers })) });
  const detach = useAction({ refresh, run: (a: CampaignActivity) => ok(api.DELETE('/api/v1/campaigns/{campaign_id}/activities/{kind}/{object_id}', at(a))) });
  const [wishes, setWishes] = useState<Readonly<Record<string, Wish>>>({});
  const wanted = useRef<Record<string, Wish>>({}), sending = useRef(new Set<string>());

  const wish = (key: string, value: Wish | undefined) => {
    const others = Object.entries(wanted.current).filter(([one]) => one !== key);
    wanted.current = Object.fromEntries(value ? [...others, [key, value] as const] : others);
    setWishes(wanted.current);
  };
  const send = async (activity: CampaignActivity) => {
    const key = keyOf(activity);
    sending.current.add(key);
    try {
      for (let next = wanted.current[key]; next; next = wanted.current[key]) {
        const told = next;
        const done = await change.mutateAsync({ activity, wish: told });
        if (wanted.current[key] !== told) continue;
        client.setQueryData<Listed>(['campaigns', campaign.id, 'activities'], (before) => before && { ...before, items: before.items.map((a) => (keyOf(a) === key ? done : a)) });
        wish(key, undefined);
      }
    } catch (error) {
      wish(key, undefined);
      failToast(error);
    } finally {
      sending.current.delete(key);
      await Promise.all(refresh.map((queryKey) => client.invalidateQueries({ queryKey })));
    }
  };
  const put = (activity: CampaignActivity, values: Wish) => {
    const key = keyOf(activity);
    wish(key, { ...wanted.current[key], ...values });
    if (!sending.current.has(key)) void send(activity);
  };
  return {
    /** an activity as it is to be */
    shown: (a: CampaignActivity): CampaignActivity => ({ ...a, ...wishes[keyOf(a)] }),
    widens: (activity: CampaignActivity, widens: Widening[]) => { put(activity, { widens }); },
    exempt: async (activity: CampaignActivity, exempt: boolean) => {
      const many = campaign.control_size > 0 ? ` (${formatCount(campaign.control_size, 'person', 'people')})` : '';
      const yes = !exempt || campaign.state !== 'active' || await confirmConsequence({
        title: `Send ${activity.name} to everybody?`, action: 'Send to everybody', keep: 'Keep them back',
        body: `Whoever is kept back${many} gets it too from now on, and so do members of the global control group. The report no longer shows what it changes. Unsubscribes and stop lists hold all the same.`,
      });
      if (yes) put(activity, { exempt });
    },
    detach: (a: CampaignActivity) => { detach.mutate(a, { onSuccess: () => { undoToast(`${a.name} detached`, () => attach.mutateAsync(a)); }, onError: failToast }); },
  };
}

export type Changes = ReturnType<typeof useChanges>;
