import { Stack, Text } from '@mantine/core';
import { IconCheck, IconCircleDashed } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { AppLink, FigureTile, FigureTiles, formatCount, formatNumber, paths, Section } from '@/kit';
import { LevelLine } from './levels/LevelLine';
import css from './loyalty.module.css';
import { audienceWords, useLevelGroups, usePoints, usePromotionCount, useSummary, type Program } from './model';
import { pointsWords } from './words';

function Step({ done, title, children }: { done: boolean; title: string; children: ReactNode }) {
  return (
    <li>
      {done ? <IconCheck size={18} color="var(--fd-moss-text)" aria-hidden="true" /> : <IconCircleDashed size={18} color="var(--mantine-color-dimmed)" aria-hidden="true" />}
      <div className={css.grow}><Text fw={550}>{title}{done && <span className="fd-live"> (done)</span>}</Text><Text component="div" c="dimmed">{children}</Text></div>
    </li>
  );
}

/** The order in which a program is set up, each step a link to where it is done. */
function SetUp({ program }: { program: Program }) {
  const { points, level_groups: groups } = program.setup;
  const promotions = usePromotionCount(program.id).data;
  return (
    <Section title="Set up" text={program.state === 'active' ? 'The program is at work. What is missing here may be added at any time.' : 'Nobody is a member and nothing is credited before you activate it.'}>
      <ol className={css.steps}>
        <Step done title="Program">Its members are {audienceWords(program)}. <AppLink href={paths.program(program.id, 'settings')}>Change</AppLink></Step>
        <Step done={points > 0} title="Points">{points > 0 ? <AppLink href={paths.program(program.id, 'points')}>{formatCount(points, 'kind of points', 'kinds of points')}</AppLink> : <>What do members earn, and when can they spend it? <AppLink href={paths.program(program.id, 'points')}>Add points</AppLink></>}</Step>
        <Step done={groups > 0} title="Levels">{groups > 0 ? <AppLink href={paths.program(program.id, 'levels')}>{formatCount(groups, 'level group', 'level groups')}</AppLink> : <>Levels are reached by qualification points. A program may do without. <AppLink href={paths.program(program.id, 'levels')}>Add levels</AppLink></>}</Step>
        <Step done={Boolean(promotions)} title="Promotions">{promotions === undefined ? 'Counting…' : promotions > 0 ? <AppLink href={paths.promotions(program.id)}>{formatCount(promotions, 'promotion', 'promotions')}</AppLink> : <><AppLink href={paths.promotions(program.id)}>Say for what</AppLink> members earn points or pay less.</>}</Step>
        <Step done={false} title="Test"><AppLink href={paths.loyaltyTest(program.id)}>Work an order out</AppLink> and see why it comes to what it comes to. Nothing is written.</Step>
      </ol>
    </Section>
  );
}

/** What the program is and how it stands. */
export function OverviewTab({ program }: { program: Program }) {
  const points = usePoints(program.id).data ?? [], groups = useLevelGroups(program.id).data ?? [];
  const begun = program.activated_at !== null;
  const summary = useSummary(program.id, begun).data;
  return (
    <Stack gap="md">
      {program.description && <Text>{program.description}</Text>}
      {begun && (
        <FigureTiles cols={3}>
          <FigureTile label="Members" value={summary && formatNumber(summary.members)} href={paths.program(program.id, 'members')} />
          <FigureTile label="Joined in 30 days" value={summary && formatNumber(summary.joined)} />
          <FigureTile label="Removed" value={summary && formatNumber(summary.removed)} />
        </FigureTiles>
      )}
      {groups.map((group) => <Section key={group.id} title={group.name}><LevelLine group={group} sizes={summary?.levels} /></Section>)}
      {points.length > 0 && (
        <Section title="Points">
          <ul className={css.plain}>{points.map((kind) => <li key={kind.id}><Text fw={550} span>{kind.name}</Text> <Text span c="dimmed">{pointsWords(kind).join(' · ')}</Text></li>)}</ul>
        </Section>
      )}
      <SetUp program={program} />
    </Stack>
  );
}
