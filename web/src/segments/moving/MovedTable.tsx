import { Anchor, Button, List, Stack, Text } from '@mantine/core';
import { IconCheck, IconQuestionMark, IconSitemap, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppLink, doneToast, failToast, paths, SmallTable, ToneBadge, type Column } from '@/kit';
import { kindOf } from '../model';
import type { Moved, Proposal } from './model';

const looks = {
  converted: { tone: 'moss', icon: IconCheck, word: 'Whole' },
  proposed: { tone: 'iris', icon: IconSitemap, word: 'To be split' },
  refused: { tone: 'clay', icon: IconX, word: 'Not made' },
  unreadable: { tone: 'clay', icon: IconQuestionMark, word: 'Unreadable' },
} as const;

function Outcome({ item }: { item: Moved }) {
  const { tone, icon, word } = looks[item.outcome];
  return <ToneBadge tone={tone} icon={icon}>{word}</ToneBadge>;
}

function Name({ item }: { item: Moved }) {
  const name = item.name || `Number ${item.id ?? '–'}`;
  return item.became?.id ? <Anchor component={AppLink} href={paths.segment(item.became.id)}>{name}</Anchor> : <Text span fw={550}>{name}</Text>;
}

/** A segment that was proposed instead, with a button that makes it. */
function Proposed({ proposal }: { proposal: Proposal }) {
  const [made, setMade] = useState<number | null>(null);
  const make = useAction({
    refresh: [['segments']],
    run: (_: undefined, { headers }) => ok(api.POST('/api/v1/segments', {
      body: { name: proposal.name, type: proposal.type, database_id: proposal.database_id ?? 0, ...(proposal.type === 'static' ? {} : { condition: proposal.condition as never }) }, headers,
    })),
  });
  const run = () => make.mutateAsync(undefined).then((segment) => { setMade(segment.id); doneToast(`${proposal.name} is made`); }, failToast);
  if (made !== null) return <Anchor component={AppLink} href={paths.segment(made)}>{proposal.name}</Anchor>;
  return (
    <>
      {proposal.name}
      {proposal.database_id === null || proposal.condition === null || proposal.type === 'static' ? '' : <Button variant="subtle" size="compact-sm" ml="xs" loading={make.isPending} onClick={() => void run()}>Make it</Button>}
    </>
  );
}

function Account({ item, dry }: { item: Moved; dry: boolean }) {
  const proposals = dry ? item.proposals.filter((p) => p.condition === null) : item.proposals;
  return (
    <Stack gap={4} py={4} maw={640}>
      {item.sentence && <Text size="sm">{item.sentence}</Text>}
      <List size="sm" spacing={2} listStyleType="none">
        {item.lost.map((lost, n) => <List.Item key={`lost ${n}`} c="error"><b>{lost.rule || lost.where}</b>{lost.rule || lost.where ? ': ' : ''}{lost.why}</List.Item>)}
        {item.parts.map((part) => <List.Item key={part.name}>With it: {part.name}</List.Item>)}
        {item.outcome !== 'converted' && proposals.map((proposal) => <List.Item key={proposal.name}><Proposed proposal={proposal} /></List.Item>)}
        {item.notes.map((note) => <List.Item key={note} c="dimmed">{note}</List.Item>)}
      </List>
    </Stack>
  );
}

/** What became of each definition, or would. */
export function MovedTable({ items, dry }: { items: readonly Moved[]; dry: boolean }) {
  const kind = (type: string) => (type === 'static' || type === 'dynamic' || type === 'updatable' ? kindOf(type).label : '–');
  const columns: Column<Moved>[] = [
    { key: 'name', header: 'Segment', cell: (item) => <Name item={item} /> },
    { key: 'outcome', header: 'Outcome', priority: 1, cell: (item) => <Outcome item={item} /> },
    { key: 'was', header: 'Was', priority: 2, cell: (item) => kind(item.was) },
    { key: 'becomes', header: dry ? 'Becomes' : 'Became', priority: 2, cell: (item) => (item.became ? kind(item.became.type) : '–') },
    { key: 'account', header: 'What is different', priority: 2, cell: (item) => <Account item={item} dry={dry} /> },
  ];
  return <SmallTable label="What became of each segment" columns={columns} rows={items} rowKey={(item) => `${item.id ?? ''} ${item.name}`} />;
}
