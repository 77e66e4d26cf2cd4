import type { components } from '@/api/schema';

export type Span = components['schemas']['CampaignSpan'];

/** A campaign as far as it lies in one week: so many days from a day (0 is Monday) on. */
export interface Piece {
  campaign: Span;
  from: number;
  days: number;
  begins: boolean;
  ends: boolean;
  /** the campaign goes on, and this piece reaches up to now */
  now: boolean;
}

/** The last day of a campaign that there is to show; one that goes on reaches up to today. */
export const endOf = (campaign: Span, today: string): string => campaign.last ?? today;

/** Whether a campaign lasted on a day. */
export const lastedOn = (campaign: Span, day: string, today: string): boolean => campaign.first <= day && day <= endOf(campaign, today);

/** The campaigns of a week in rows, none over another: each stands in the first row that has room for it. */
export function lanesOf(week: readonly string[], campaigns: readonly Span[], today: string): Piece[][] {
  const first = week[0] ?? '', last = week.at(-1) ?? '';
  const lanes: Piece[][] = [];
  for (const campaign of campaigns) {
    const end = endOf(campaign, today);
    if (end < first || campaign.first > last || end < campaign.first) continue;
    const from = Math.max(0, week.indexOf(campaign.first)), to = end > last ? week.length - 1 : week.indexOf(end);
    const piece: Piece = { campaign, from, days: to - from + 1, begins: campaign.first >= first, ends: end <= last && campaign.last !== null, now: end <= last && campaign.last === null };
    const lane = lanes.find((one) => { const before = one.at(-1); return before === undefined || before.from + before.days <= from; });
    if (lane) lane.push(piece);
    else lanes.push([piece]);
  }
  return lanes;
}
