import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatStamp } from '@/kit';

export type Template = components['schemas']['Template'];
export type TemplatePreview = components['schemas']['TemplatePreview'];
export type Mailing = components['schemas']['Mailing'];
export type MailingReport = components['schemas']['MailingReport'];
export type MailingPerson = components['schemas']['MailingPerson'];
export type Estimate = components['schemas']['Estimate'];
export type CapturedMail = components['schemas']['CapturedMail'];

const reasons: Record<string, string> = {
  not_subscribed: 'not subscribed', paused: 'paused these mails', unsubscribed: 'unsubscribed', status: 'cannot be written to', suppressed: 'on a stop list', no_address: 'no address', no_contact: 'no address', duplicate: 'same address twice', gate: 'kept back', control_group: 'in the global control group', not_in_campaign: 'not in the campaign', campaign_control: 'in the campaign\'s control group', campaign_over: 'the campaign has not begun, or is over',
};

/** A reason of the server in plain words. */
export const reasonWords = (reason: string) => reasons[reason] ?? (/^[a-z_]+$/.test(reason) ? reason.replaceAll('_', ' ') : reason);

/** Who is meant where no segment is chosen: a mailing of a campaign stays inside it. */
export const everybodyOf = (mailing: Pick<Mailing, 'campaign_id'>) => (mailing.campaign_id === null ? 'Everybody in the database' : 'Everybody in the campaign');

export const underway = (mailing: Mailing) => mailing.state === 'starting' || mailing.state === 'sending';
export const editable = (mailing: Mailing) => mailing.state === 'draft' || (mailing.type === 'recurring' && mailing.state === 'paused');

export function useMailing(id: number, enabled = true) {
  return useQuery({
    queryKey: ['mailings', id], enabled,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}', { params: { path: { mailing_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data && (underway(query.state.data) || query.state.data.state === 'scheduled') ? 2000 : query.state.data?.state === 'active' ? 5000 : false),
  });
}

export function useReport(mailing: Mailing, run?: number) {
  return useQuery({
    queryKey: ['mailings', mailing.id, 'report', run],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/report', { params: { path: { mailing_id: mailing.id }, query: run ? { run } : {} }, signal })),
    refetchInterval: underway(mailing) ? 2000 : mailing.state === 'active' ? 5000 : 15_000,
  });
}

export function useTemplates(databaseId: number | undefined) {
  return useQuery({
    queryKey: ['templates', 'choice', databaseId],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/templates', { params: { query: { limit: 1000, ...(databaseId ? { database: databaseId } : {}) } }, signal })),
  }).data?.items;
}

export function useSegments(databaseId: number | undefined) {
  return useQuery({
    queryKey: ['segments', 'choice', databaseId], enabled: databaseId !== undefined,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { limit: 1000, database: databaseId ?? 0 } }, signal })),
  }).data?.items;
}

/** An hour on the axis of a chart: `Sat 21 Nov, 20:00`; the year is not in question. */
export const hourWords = (at: string, zone: string) => formatStamp(at, { zone }).replace(/ \d{4},/, ',');

/** The moment of a `datetime-local` control as the API wants it, and back, in the browser's own zone. */
export const toLocal = (iso: string | null) => {
  if (!iso) return '';
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
export const fromLocal = (text: string) => (text ? new Date(text).toISOString() : null);
