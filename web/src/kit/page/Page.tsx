import { Skeleton, Tabs, Title } from '@mantine/core';
import { useHotkeys, useMediaQuery, type HotkeyItem } from '@mantine/hooks';
import { Children, useEffect, useRef, type ReactNode } from 'react';
import { formatNumber } from '../format/number';
import { useGo } from '../routing/links';
import { usePatchSearch, useSearchParam } from '../routing/search';
import { Delayed } from '../states/Loading';
import { Unloaded } from '../states/Unloaded';
import { MenuActions, PageActions } from './PageActions';
import { singleKeys } from './keys';
import { afterNavigation, usePublishMeta, type Crumb, type PageAction, type PageHelp } from './meta';
import css from './Page.module.css';

export interface PageTab {
  value: string;
  label: string;
  /** shown behind the label, such as Members 342 */
  count?: number | null;
  render: () => ReactNode;
}

export interface PageProps {
  /** the h1, and the first part of the browser title; undefined while it is not known, see `named` */
  title: string | undefined;
  /** what the page is called in the breadcrumb and the browser's title, when the heading is a sentence */
  crumb?: string;
  /** area first; at most three with the title; the title itself is not repeated here */
  crumbs?: readonly Crumb[];
  badges?: ReactNode;
  /** three to five facts under the title; empty ones are left out */
  facts?: readonly ReactNode[];
  primary?: PageAction | undefined;
  secondary?: readonly PageAction[];
  /** the ⋯ menu */
  menu?: readonly PageAction[];
  /** anything that is not a plain button, left of the actions */
  tools?: ReactNode;
  tabs?: readonly PageTab[];
  /** 320 px beside the content: summary and live figures */
  rail?: ReactNode;
  /** what the rail becomes on a phone: headline figure and primary action */
  railBar?: ReactNode;
  /** forms stay at 720 px */
  width?: 'full' | 'form';
  help?: PageHelp;
  /** 0…1 while something runs; goes first in the browser title */
  progress?: number | null;
  children?: ReactNode;
}

const hotkeys = (actions: readonly PageAction[], go: (action: PageAction) => void): HotkeyItem[] =>
  actions.flatMap((a): HotkeyItem[] => (a.shortcut && !a.disabled ? [[a.shortcut, () => { if (a.shortcut?.includes('+') || singleKeys()) go(a); }]] : []));

export function Page(props: PageProps) {
  const { title, crumbs = [], badges, facts = [], primary, secondary = [], menu = [], tools, tabs, rail, railBar, width = 'full', help, progress, children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const actions = [...(primary ? [primary] : []), ...secondary, ...menu];
  usePublishMeta({ title: props.crumb ?? title ?? '', crumbs, help: help ?? null, actions }, progress);
  useEffect(() => { if (afterNavigation()) heading.current?.focus({ preventScroll: true }); }, []);
  const go = useGo();
  useHotkeys(hotkeys(actions, (a) => {
    if (a.href === undefined) a.onClick?.();
    else go(a.href);
  }));

  // on a phone one button is enough: a row of three leaves the one that matters alone below the others
  const folds = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false }) && primary !== undefined && secondary.length > 1;
  const beside = folds ? [] : secondary, more = folds ? [...secondary, ...menu] : menu;
  const buttons = Children.toArray(tools).length + beside.length + (primary ? 1 : 0);
  const shown = facts.filter((fact) => Children.toArray(fact).length > 0);
  return (
    <div className={`${css.page ?? ''} ${width === 'form' ? css.form ?? '' : ''}`}>
      <header className={css.head}>
        <div className={css.titles}>
          <div className={css.title}>
            <Title order={1} className={css.h1 ?? ''} ref={heading} tabIndex={-1}>{title ?? <Delayed><Skeleton height={24} my={4} w={280} maw="60vw" /></Delayed>}</Title>
            {badges}
          </div>
          {shown.length > 0 && <ul className={css.facts}>{shown.map((fact, i) => <li key={i}>{fact}</li>)}</ul>}
        </div>
        {buttons > 0 && (
          <div className={css.actions} data-lone={buttons === 1 && more.length === 0}>
            {tools}
            <PageActions primary={primary} secondary={beside} />
          </div>
        )}
        {more.length > 0 && <div className={css.menu}><MenuActions actions={more} variant="default" /></div>}
      </header>
      <div className={`${css.body ?? ''} ${rail ? css.withRail ?? '' : ''}`}>
        <div className={`${css.main ?? ''} ${width === 'form' ? css.narrow ?? '' : ''}`}>
          <Unloaded />
          {children}
          {tabs && <PageTabs tabs={tabs} />}
        </div>
        {rail && <aside className={css.rail} aria-label="Summary">{rail}</aside>}
      </div>
      {railBar && <div className={css.bar}>{railBar}</div>}
    </div>
  );
}

/** Search, order and view of one tab's list mean nothing to the next tab's. */
const ofLists = { q: undefined, sort: undefined, filter: undefined, cols: undefined, view: undefined };

/** Tabs whose choice lives in `?tab=`; only the open one is rendered. */
export function PageTabs({ tabs, param = 'tab' }: { tabs: readonly PageTab[]; param?: string }) {
  const [value] = useSearchParam(param);
  const patch = usePatchSearch();
  const list = useRef<HTMLDivElement>(null);
  const first = tabs[0]?.value;
  const open = tabs.find((tab) => tab.value === value)?.value ?? first ?? null;
  useEffect(() => { // on a phone the tab that is open may stand outside of the row
    const row = list.current, tab = row?.querySelector<HTMLElement>('[data-active]');
    if (row && tab) row.scrollLeft = Math.max(0, tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2);
  }, [open]);
  return (
    <Tabs value={open} keepMounted={false} onChange={(next) => { patch({ ...ofLists, [param]: next === null || next === first ? undefined : next }); }}>
      <Tabs.List ref={list} mb="md" style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden', boxShadow: 'inset 0 -2px 0 var(--tab-border-color)' }}>
        {tabs.map((tab) => (
          <Tabs.Tab key={tab.value} value={tab.value} style={{ flexShrink: 0 }}
            {...(tab.count === undefined || tab.count === null ? {} : { rightSection: <span style={{ color: 'var(--mantine-color-dimmed)' }}>{formatNumber(tab.count)}</span> })}>
            {tab.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((tab) => (
        <Tabs.Panel key={tab.value} value={tab.value}>{tab.value === open && tab.render()}</Tabs.Panel>
      ))}
    </Tabs>
  );
}
