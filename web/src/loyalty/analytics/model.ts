import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useSearch } from '@tanstack/react-router';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatDay, locale, usePatchSearch, type Search } from '@/kit';
import { filtersOf, type Filter, type Filters } from './search';

export type { Filter, Filters } from './search';

type Schemas = components['schemas'];
export type Liability = Schemas['LoyaltyLiability'];
export type TypeLiability = Schemas['PointLiability'];
export type Points = Schemas['LoyaltyPoints'];
export type TypeFlow = Schemas['PointTypeFlow'];
export type Members = Schemas['LoyaltyMembers'];
export type Levels = Schemas['LoyaltyLevels'];
export type LevelGroupReport = Schemas['LevelGroupReport'];
export type Promotions = Schemas['LoyaltyPromotions'];
export type Buyers = Schemas['LoyaltyBuyers'];
export type Partners = Schemas['LoyaltyPartners'];
export type Settlement = Schemas['PartnerSettlement'];
export type Codes = Schemas['LoyaltyCodes'];
export type Period = Schemas['LoyaltyPeriod'];
export type Report = 'liability' | 'points' | 'members' | 'levels' | 'promotions' | 'buyers' | 'partners' | 'codes';
export type By = Period['by'];

/** What each report can be narrowed by; the rest stays in the address for the other tabs. */
export const TAKES: Readonly<Record<Report, readonly Filter[]>> = {
  liability: ['points', 'level', 'segment'],
  points: ['points', 'level', 'segment', 'promotion', 'channel', 'region'],
  members: ['level', 'segment'],
  levels: ['level', 'segment'],
  promotions: ['currency', 'level', 'segment', 'promotion', 'channel', 'region'],
  buyers: ['currency', 'level', 'segment', 'channel', 'region'],
  partners: ['points', 'level', 'segment', 'channel', 'region'],
  codes: ['pool', 'level', 'segment'],
};

/** Period and filters of the page: they live in the address, so that it can be sent to somebody. */
export function useFilters(): readonly [Filters, (part: Partial<Record<Filter, string | undefined>>) => void] {
  const search: Search = useSearch({ strict: false });
  const patch = usePatchSearch();
  const set = useCallback((part: Partial<Record<Filter, string | undefined>>) => { patch(part, { replace: true }); }, [patch]);
  return [filtersOf(search), set];
}

/** The part of the filters that a report takes, with its period. */
export function askedOf(report: Report, filters: Filters): Filters {
  const names: readonly Filter[] = ['from', 'to', 'by', ...TAKES[report]];
  return Object.fromEntries(names.flatMap((name) => (filters[name] === undefined ? [] : [[name, filters[name]]])));
}

/** Where a report is downloaded, with the filters of the page. */
export function fileOf(programId: number, report: Report, kind: 'csv' | 'xlsx', filters: Filters): string {
  const query = new URLSearchParams(askedOf(report, filters)).toString();
  return `/api/v1/loyalty/programs/${String(programId)}/analytics/${kind}/${report}${query ? `?${query}` : ''}`;
}

/** Hooks of the reports: asked anew when the period or a filter that they take changes. */
function hookOf<R>(report: Report) {
  return function useReport(programId: number, filters: Filters) {
    const query = askedOf(report, filters);
    const given = query as never; // an address holds text; the server says what of it is wrong
    return useQuery({
      queryKey: ['loyalty-reports', report, programId, query], placeholderData: keepPreviousData, retry: false,
      queryFn: ({ signal }) => ok(api.GET(`/api/v1/loyalty/programs/{program_id}/analytics/${report}`, { params: { path: { program_id: programId }, query: given }, signal })) as Promise<R>,
    });
  };
}

export const useLiability = hookOf<Liability>('liability');
export const usePointFlows = hookOf<Points>('points');
export const useMembersReport = hookOf<Members>('members');
export const useLevelsReport = hookOf<Levels>('levels');
export const usePromotionsReport = hookOf<Promotions>('promotions');
export const useBuyers = hookOf<Buyers>('buyers');
export const usePartnersReport = hookOf<Partners>('partners');
export const useCodesReport = hookOf<Codes>('codes');

/** What a chart draws of a decimal text. The table beside it has the same rounding. */
export const num = (amount: string | null | undefined): number => (amount === null || amount === undefined ? 0 : Math.round(Number(amount) * 100) / 100);
export const isNought = (amount: string | null | undefined): boolean => amount === null || amount === undefined || /^-?[0.]*$/.test(amount);

/** A figure that stays in one line, also in a narrow column. */
export const together = (text: string): string => text.replaceAll(' ', '\u00A0');

const monthName = (day: string) => new Intl.DateTimeFormat(locale(), { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T12:00:00Z`));
export const monthOf = (day: string | null): string => (day === null ? 'Never' : monthName(day));

interface Step { first: string; last: string }

/** How a step is called: a month by its name when it is whole or the last, a week and a day by their day. */
export const stepName = (step: Step, by: By): string => (by === 'month' ? monthName(step.first) : formatDay(step.first));
export const stepHead: Readonly<Record<By, string>> = { day: 'Day', week: 'Week from', month: 'Month' };

export const xOf = (steps: readonly Step[], by: By): string[] => steps.map((step) => stepName(step, by));
export const noteOf = (what: string, period: Period): string => `${what} · days in ${period.timezone}`;
export const spanOf = (period: Period): string => `${formatDay(period.first)} to ${formatDay(period.last)}`;
