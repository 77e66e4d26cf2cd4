import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { IconCheck, IconCircleDashed } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useDatabases } from '@/api/database';
import { AppLink, Details, formatCount, formatNumber, MoneyText, paths, Section, StateBadge, TagList, Time } from '@/kit';
import { activityKind, useActivities, type CampaignActivity } from './activities/model';
import { AudienceSummary } from './audience/AudienceSummary';
import { hasBegun, usePlan } from './audience/model';
import type { Campaign } from './model';
import { VerdictCard } from './report/VerdictCard';
import css from './campaigns.module.css';

const tab = (campaign: Campaign, name: string) => `${paths.campaign(campaign.id)}?tab=${name}`;
export const tagHref = (tag: string): string => `${paths.campaigns()}?filter=${encodeURIComponent(JSON.stringify({ tag: [tag] }))}`;

function Task({ done, title, children }: { done: boolean; title: string; children: ReactNode }) {
  return (
    <li>
      {done ? <IconCheck size={18} color="var(--fd-moss-text)" aria-hidden="true" /> : <IconCircleDashed size={18} color="var(--mantine-color-dimmed)" aria-hidden="true" />}
      <div className={css.grow}><Text fw={550}>{title}{done && <span className="fd-live"> (done)</span>}</Text><Text component="div" c="dimmed">{children}</Text></div>
    </li>
  );
}

/** What a draft still needs before it is started, in order. */
function Before({ campaign }: { campaign: Campaign }) {
  const plan = usePlan(campaign).data;
  const { control } = campaign;
  const people = plan ? formatCount(plan.people, 'person', 'people') : 'people';
  return (
    <Section title="Before it starts" text="Nothing is sent and nobody is kept back while it is a draft.">
      <ol className={css.tasks}>
        <Task done title="Who takes part">
          <AppLink href={paths.segment(campaign.segment_id)}>{campaign.segment_name}</AppLink>{plan && <>, {people} at present</>}{plan && plan.withheld > 0 && <>; {formatNumber(plan.withheld)} more are withheld by the global control group</>}. The list stays chosen.
        </Task>
        <Task done={control !== null} title="Who is kept back">
          {control ? <>{formatNumber(control.percent)} %{plan && <>, that is {formatNumber(plan.control)}</>}. <AppLink href={tab(campaign, 'audience')}>{control.strata.length > 0 ? `Balanced by ${formatCount(control.strata.length, 'field', 'fields')}` : 'Balance it by fields'}</AppLink></>
            : <>Nobody, so the report cannot tell what the campaign changed. <AppLink href={tab(campaign, 'audience')}>Keep people back</AppLink></>}
          {plan?.warnings.map((w) => <Alert key={w.message} color="marigold" mt="xs">{w.message}</Alert>)}
        </Task>
        <Task done={campaign.activities > 0} title="What they get">
          {campaign.activities > 0 ? <AppLink href={tab(campaign, 'activities')}>{formatCount(campaign.activities, 'activity', 'activities')}</AppLink> : <>Nothing yet. <AppLink href={tab(campaign, 'activities')}>Add an activity</AppLink>, now or after the start.</>}
        </Task>
        <Task done={false} title="Start it">Then each activity is started on its own page.</Task>
      </ol>
    </Section>
  );
}

const line = (a: CampaignActivity) => (
  <li key={`${a.kind}${a.id}`}>
    <div className={css.grow}><AppLink href={a.kind === 'mailing' ? paths.mailing(a.id) : `/scenarios/${a.id}`}>{a.name}</AppLink><Text size="xs" c="dimmed">{activityKind(a)}{a.receives !== null && ` · ${formatCount(a.receives, 'person', 'people')}`}</Text></div>
    <StateBadge state={a.state} size="sm" />
  </li>
);

const SHOWN = 5;

function AtAGlance({ campaign }: { campaign: Campaign }) {
  const items = useActivities(campaign).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Activities">
      <ul className={css.tasks}>{items.slice(0, SHOWN).map(line)}</ul>
      {items.length > SHOWN && <Text mt="sm"><AppLink href={tab(campaign, 'activities')}>All {items.length} activities</AppLink></Text>}
    </Section>
  );
}

/** What the campaign is and how it stands; for a draft what comes next. */
export function OverviewTab({ campaign, onDetails }: { campaign: Campaign; onDetails: (() => void) | undefined }) {
  const database = useDatabases()?.find((d) => d.id === campaign.database_id);
  return (
    <Stack gap="md">
      {campaign.description && <Text>{campaign.description}</Text>}
      {campaign.tags.length > 0 && <TagList tags={campaign.tags} most={20} hrefOf={tagHref} />}
      {campaign.state === 'draft' ? <Before campaign={campaign} /> : hasBegun(campaign) && <><VerdictCard campaign={campaign} /><AudienceSummary campaign={campaign} /></>}
      <AtAGlance campaign={campaign} />
      <Section title="Settings" {...(onDetails ? { actions: <Anchor component="button" type="button" mih={24} onClick={onDetails}>Change</Anchor> } : {})}>
        <Details items={[
          ['Database', database?.name], ['List', <AppLink key="s" href={paths.segment(campaign.segment_id)}>{campaign.segment_name}</AppLink>],
          ['Success is', campaign.goal ? `the goal ${campaign.goal}` : 'an order'], ['Counts until', `${formatCount(campaign.window_days, 'day', 'days')} after its end`],
          ['Cost', campaign.cost && campaign.currency ? <MoneyText key="m" value={{ amount: campaign.cost, currency: campaign.currency }} /> : null],
          ['Made', <Time key="c" value={campaign.created_at} mode="absolute" zone={database?.timezone} />], ...(campaign.started_at ? [['Started', <Time key="b" value={campaign.started_at} mode="absolute" zone={database?.timezone} />] as const] : []),
          ...(campaign.completed_at ? [['Completed', <Time key="e" value={campaign.completed_at} mode="absolute" zone={database?.timezone} />] as const] : []),
        ]} />
      </Section>
    </Stack>
  );
}
