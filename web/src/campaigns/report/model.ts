import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { paths } from '@/kit';
import type { Asked } from '@/segments/effects/Period';
import type { Effect } from '@/segments/effects/words';
import type { Campaign } from '../model';

export type CampaignReport = components['schemas']['CampaignReport'];
export type CampaignMetric = CampaignReport['metrics'][number];
export type Arm = NonNullable<CampaignReport['control']>;
export type ActivityReport = CampaignReport['activities'][number];
export type ChannelReport = CampaignReport['channels'][number];
export type LeftOut = CampaignReport['left_out'][number];
export type Inflow = CampaignReport['inflow'][number];
export type ReportDay = CampaignReport['days'][number];

export const reportAddress = (campaign: Pick<Campaign, 'id'>): string => `/api/v1/campaigns/${campaign.id}/report`;

/** The report of a period; it begins with the campaign, so a draft has none. */
export function useCampaignReport(campaign: Campaign, asked: Asked, enabled = true) {
  return useQuery({
    queryKey: ['campaigns', campaign.id, 'report', asked, campaign.state, campaign.last_run?.id ?? null], enabled, retry: false,
    queryFn: ({ signal }): Promise<CampaignReport> => ok(api.GET('/api/v1/campaigns/{campaign_id}/report', { params: { path: { campaign_id: campaign.id }, query: asked }, signal })),
  });
}

/** What is counted as success, in words: orders, or a goal. */
export interface Words { did: string; noun: { more: string; fewer: string }; none: string }
const orders: Words = { did: 'bought', noun: { more: 'extra buyers', fewer: 'buyers lost' }, none: 'needs more buyers' };
const goals: Words = { did: 'reached the goal', noun: { more: 'more people who reached the goal', fewer: 'people fewer who reached the goal' }, none: 'needs more people who reach the goal' };
export const wordsOf = (goal: string | null): Words => (goal === null ? orders : goals);

export const converted = (arm: Arm): readonly [number, number] => [arm.converted, arm.people];

/** Why a figure cannot be judged, from the end of its sentence: "…, but only 3 people are kept back: it takes 50." */
export function lackOf(sentence: string): string | undefined {
  const at = sentence.indexOf(', but ');
  return at < 0 ? undefined : sentence.slice(at + 6).replace(/\.$/, '');
}

/** Both sides of each figure, as they are compared everywhere. */
export function effectsOf(part: { metrics: readonly CampaignMetric[]; test: Arm | null; control: Arm | null }): Effect[] {
  const { test, control } = part;
  return part.metrics.map((m) => ({ ...m, others: m.test, missing: m.verdict === 'too_few' ? lackOf(m.sentence) : undefined, counts: m.key === 'conversion' && test && control ? { others: converted(test), control: converted(control) } : undefined }));
}

/** The address of an activity; null where it has no page. */
export const activityHref = (a: { kind: string; id: number }): string | null => (a.kind === 'mailing' && a.id > 0 ? paths.mailing(a.id) : null);

/** Those whom a figure of an activity counts; null where its page shows one run of several. */
export function figureHref(a: Pick<ActivityReport, 'kind' | 'id' | 'type'>, figure: string): string | null {
  const page = activityHref(a);
  return page === null || a.type === 'recurring' ? null : `${page}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: [figure] }))}`;
}

/** Those whom an activity did not reach for a reason: its own list of people shows them. */
export function leftOutHref(row: Pick<LeftOut, 'kind' | 'id' | 'figure' | 'reason'>): string | null {
  const page = activityHref(row);
  return page === null ? null : `${page}?tab=people&filter=${encodeURIComponent(JSON.stringify({ state: [row.figure], reason: [row.reason] }))}`;
}

/** By reason, the largest first, and within it by activity. */
export function sortedLeftOut(rows: readonly LeftOut[]): { sums: { reason: string; words: string; people: number }[]; rows: LeftOut[] } {
  const sums = new Map<string, { reason: string; words: string; people: number }>();
  for (const row of rows) {
    const sum = sums.get(row.reason) ?? { reason: row.reason, words: row.words, people: 0 };
    sums.set(row.reason, { ...sum, people: sum.people + row.people });
  }
  const ordered = [...sums.values()].sort((a, b) => b.people - a.people);
  const place = new Map(ordered.map((sum, n) => [sum.reason, n]));
  return { sums: ordered, rows: [...rows].sort((a, b) => (place.get(a.reason) ?? 0) - (place.get(b.reason) ?? 0) || b.people - a.people) };
}

/** Nothing was sent, and nobody did anything yet. */
export const isEarly = (report: CampaignReport): boolean => report.total.sent === 0 && (report.test?.conversions ?? 0) === 0 && (report.control?.conversions ?? 0) === 0;
