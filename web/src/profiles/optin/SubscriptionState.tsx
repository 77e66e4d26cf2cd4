import { Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { doneToast, failToast, StateBadge, Time } from '@/kit';
import type { Subscription } from '../model';

type Confirmation = components['schemas']['ConfirmationOut'];

const words: Record<string, string> = { waiting: 'Asked to confirm; the mail goes out now', asked: 'Asked to confirm', expired: 'Did not confirm in time', closed: '' };

function Asked({ asked }: { asked: Confirmation }) {
  if (asked.state === 'confirmed') return <Text size="xs" c="dimmed">Confirmed <Time value={asked.confirmed_at} />{asked.confirmed_ip && ` from ${asked.confirmed_ip}`}{asked.text_version && `, having read ${asked.text_version}`}</Text>;
  if (asked.reason) return <Text size="xs" c="dimmed">No mail could ask: {asked.reason}</Text>;
  const word = words[asked.state];
  return word ? <Text size="xs" c="dimmed">{word} <Time value={asked.requested_at} />{asked.state === 'asked' && <> · ends <Time value={asked.expires_at} /></>}</Text> : null;
}

/** The state of a subscription: resting until when, asked to confirm when, with the proof. */
export function SubscriptionState({ subscription: s, asked }: { subscription: Subscription; asked: Confirmation[] }) {
  const own = asked.filter((a) => a.subscription_id === s.id);
  const shown = s.status === 'subscribed' ? own.find((a) => a.state === 'confirmed') : own[0];
  return (
    <>
      <StateBadge state={s.paused_until ? 'paused' : s.status} size="sm" />
      {s.paused_until && <Text size="xs" c="dimmed">comes back by itself <Time value={s.paused_until} /></Text>}
      {shown && <Asked asked={shown} />}
    </>
  );
}

/** What can be done with a subscription beside leaving it: pause, resume, ask again; and the person's own page. */
export function useConsentDeeds(databaseId: number, profileId: number, key: readonly unknown[]) {
  const refresh = [key];
  const pause = useAction({ refresh, run: ({ id, days }: { id: number; days: number }, { headers }) => ok(api.POST('/api/v1/subscriptions/{subscription_id}/pause', { params: { path: { subscription_id: id } }, body: { days }, headers })) });
  const resume = useAction({ refresh, run: (id: number, { headers }) => ok(api.POST('/api/v1/subscriptions/{subscription_id}/resume', { params: { path: { subscription_id: id } }, headers })) });
  const again = useAction({ refresh, run: (id: number, { headers }) => ok(api.POST('/api/v1/subscriptions/{subscription_id}/confirmation', { params: { path: { subscription_id: id } }, headers })) });
  const link = useAction({ run: (_: undefined, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/profiles/{profile_id}/preferences-link', { params: { path: { database_id: databaseId, profile_id: profileId } }, headers })) });
  const told = (text: string) => ({ onSuccess: () => { doneToast(text); }, onError: failToast });
  const of = (s: Subscription) => {
    if (s.status === 'unconfirmed' && s.channel === 'email') return [{ label: 'Send confirmation again', onClick: () => { again.mutate(s.id, told('A mail asks them to confirm')); } }];
    if (s.status !== 'subscribed') return [];
    if (s.paused_until) return [{ label: 'Resume now', onClick: () => { resume.mutate(s.id, told('Resumed')); } }];
    return [14, 30, 60, 90].map((days) => ({ label: `Pause for ${days} days`, onClick: () => { pause.mutate({ id: s.id, days }, told(`Paused for ${days} days`)); } }));
  };
  const copyLink = () => {
    link.mutate(undefined, { onSuccess: ({ url }) => { void navigator.clipboard.writeText(url).then(() => { doneToast('Link copied: it shows and changes this person’s consent'); }, failToast); }, onError: failToast });
  };
  return { of, copyLink };
}
