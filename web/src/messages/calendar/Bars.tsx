import { IconArrowNarrowRight } from '@tabler/icons-react';
import type { CSSProperties } from 'react';
import { AppLink, formatDay, paths, useLinkProps } from '@/kit';
import css from './calendar.module.css';
import type { Piece, Span } from './lanes';

/** "1 Nov 2026 to now", in days with their weekday. */
export const spanWords = (campaign: Span): string => (campaign.first === campaign.last ? formatDay(campaign.first) : `${formatDay(campaign.first)} to ${campaign.last ? formatDay(campaign.last) : 'now'}`);

/** A part of a campaign's bar. One that lasts for weeks is one stop for Tab, at the first of its parts that is shown. */
export function Bar({ piece, lane, stop }: { piece: Piece; lane: number; stop: boolean }) {
  const { campaign, days, begins, ends, now } = piece;
  const link = useLinkProps(paths.campaign(campaign.id));
  const label = `${campaign.name}, campaign, ${spanWords(campaign)}`;
  return (
    <a {...link} className={css.bar} aria-label={label} title={label} {...(stop ? {} : { tabIndex: -1 })} {...(begins ? { 'data-begins': true } : {})} {...(ends ? { 'data-ends': true } : {})} {...(now ? { 'data-now': true } : {})}
      style={{ '--days': days, '--lane': lane } as CSSProperties}>
      <span>{campaign.name}</span>{now && <IconArrowNarrowRight size={14} aria-hidden />}
    </a>
  );
}

/** Campaigns as a list, where there is no room for bars. */
export function Campaigns({ campaigns }: { campaigns: readonly Span[] }) {
  return (
    <ul className={css.campaigns} aria-label="Campaigns">
      {campaigns.map((one) => <li key={one.id}><AppLink href={paths.campaign(one.id)}>{one.name}</AppLink><span>{spanWords(one)}</span></li>)}
    </ul>
  );
}
