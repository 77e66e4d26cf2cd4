import { Paper, SimpleGrid, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Time } from '../format/Values';
import { useLinkProps } from '../routing/links';
import { Sparkline } from './Sparkline';
import css from './figures.module.css';

export interface FigureTileProps {
  label: string;
  /** already formatted; undefined while unknown, and then never 0 */
  value: ReactNode | undefined;
  /** parts, share or change, under the figure */
  note?: ReactNode;
  /** opens the list or report that makes the figure */
  href?: string;
  trend?: readonly number[];
  asOf?: string;
}

function Body({ label, value, note, trend, asOf }: FigureTileProps) {
  return (
    <>
      <span className={css.label}>{label}</span>
      <span className={css.value}>{value ?? <Skeleton height={24} width={88} my={5} />}</span>
      {(note ?? asOf) && <span className={css.note}>{note}{note && asOf && ' · '}{asOf && <>as of <Time value={asOf} /></>}</span>}
      {trend && trend.length > 1 && <span className={css.spark}><Sparkline values={trend} /></span>}
    </>
  );
}

function LinkTile({ href, ...rest }: FigureTileProps & { href: string }) {
  return <Paper component="a" className={`${css.tile ?? ''} ${css.link ?? ''}`} {...useLinkProps(href)}><Body {...rest} /></Paper>;
}

/** A headline figure. Each opens what it counts. */
export function FigureTile({ href, ...rest }: FigureTileProps) {
  return href === undefined ? <Paper className={css.tile ?? ''}><Body {...rest} /></Paper> : <LinkTile href={href} {...rest} />;
}

export function FigureTiles({ children, cols = 4 }: { children: ReactNode; cols?: 2 | 3 | 4 }) {
  return <SimpleGrid cols={{ base: 2, lg: cols }} spacing="sm">{children}</SimpleGrid>;
}
