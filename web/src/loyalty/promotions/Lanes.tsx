import { Group, NumberInput, Paper, Progress, Stack, Text } from '@mantine/core';
import { IconGripVertical } from '@tabler/icons-react';
import { useState } from 'react';
import { AppLink, formatAmount, formatCount, formatNumber, MenuActions, paths, StateBadge } from '@/kit';
import type { Program } from '../programs/model';
import { phaseWords, type Group as Exclusion, type Promotion } from './model';
import css from './promotions.module.css';

interface LaneOf { title: string; items: Promotion[] }

/** Runs of neighbours of the same exclusion group: what is tried together. */
export function lanesOf(items: readonly Promotion[], groups: readonly Exclusion[]): LaneOf[] {
  const lanes: (LaneOf & { key: string })[] = [];
  for (const item of items) {
    const key = item.kind === 'trigger' ? 'trigger' : String(item.definition.group_id ?? 'all');
    const group = groups.find((one) => one.id === item.definition.group_id);
    const title = key === 'trigger' ? 'when they are fired' : key === 'all' ? 'all apply' : `${group?.name ?? 'a group'}: only one wins${group?.per === 'line' ? ' each line' : ''}`;
    const last = lanes.at(-1);
    if (last?.key === key) last.items.push(item); else lanes.push({ key, title, items: [item] });
  }
  return lanes;
}

function Given({ promotion }: { promotion: Promotion }) {
  const { usage, definition } = promotion, budget = usage.limits.find((one) => one.what === 'money') ?? usage.limits[0];
  const sum = promotion.kind === 'discount' ? formatAmount(usage.money, definition.currency ?? 'EUR') : `${formatNumber(Number(usage.points))} points`;
  return (
    <div className={css.given}>
      <Text size="sm" className="fd-num">{formatCount(usage.uses, 'use', 'uses')} · {sum}</Text>
      {budget && <><Progress size="xs" value={Math.min(100, (Number(budget.used) / Math.max(Number(budget.most), 0.01)) * 100)} aria-label="Of the limit" /><Text size="xs" c="dimmed">{budget.used} of {budget.most} {budget.what === 'money' ? definition.currency : budget.what === 'uses' ? 'times' : 'points'}{budget.period === 'ever' ? '' : ` this ${budget.period}`}</Text></>}
    </div>
  );
}

interface RowProps { promotion: Promotion; program: Program; total: number; can: boolean; dragged: number | null; drag: (id: number | null) => void; move: (id: number, to: number) => void }

function Row({ promotion, program, total, can, dragged, drag, move }: RowProps) {
  const [number, setNumber] = useState<number | string | null>(null);
  const place = promotion.place, name = promotion.definition.name;
  const typed = () => { if (typeof number === 'number' && number !== place) move(promotion.id, number - 1); setNumber(null); };
  return (
    <div role="listitem" className={css.row} data-over={dragged !== null && dragged !== promotion.id ? true : undefined}
      onDragOver={(event) => { if (dragged !== null) event.preventDefault(); }} onDrop={(event) => { event.preventDefault(); if (dragged !== null && dragged !== promotion.id) move(dragged, place - 1); drag(null); }}>
      <Group gap={4} wrap="nowrap" className={css.place}>
        {can && <span className={css.grip} draggable aria-hidden onDragStart={() => { drag(promotion.id); }} onDragEnd={() => { drag(null); }}><IconGripVertical size={16} /></span>}
        {can ? <NumberInput aria-label={`Number of ${name}`} size="xs" w={46} hideControls min={1} max={total} value={number ?? place} onChange={setNumber} onBlur={typed} onKeyDown={(event) => { if (event.key === 'Enter') typed(); }} /> : <Text className="fd-num">{place}</Text>}
      </Group>
      <div className={css.main}>
        <Group gap="xs"><AppLink href={paths.promotion(program.id, promotion.id)}>{name}</AppLink><StateBadge state={phaseWords[promotion.phase]} /></Group>
        <Text size="sm" c="dimmed">{promotion.sentence}</Text>
      </div>
      <Given promotion={promotion} />
      {can && <MenuActions label={`Move ${name}`} actions={[
        { label: 'Move to the top', onClick: () => { move(promotion.id, 0); } }, { label: 'Move up', onClick: () => { move(promotion.id, place - 2); } },
        { label: 'Move down', onClick: () => { move(promotion.id, place); } }, { label: 'Move to the end', onClick: () => { move(promotion.id, total - 1); } }]} />}
    </div>
  );
}

/** Neighbours that go together, or of which one wins. */
export function Lane({ lane, ...rest }: { lane: LaneOf } & Omit<RowProps, 'promotion'>) {
  return (
    <Paper withBorder p="xs" px="sm" component="section" aria-label={lane.title}>
      <Text size="xs" c="dimmed" mb={4}>{lane.title}</Text>
      <Stack gap={2} role="list" aria-label={lane.title}>{lane.items.map((promotion) => <Row key={promotion.id} promotion={promotion} {...rest} />)}</Stack>
    </Paper>
  );
}
