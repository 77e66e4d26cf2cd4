import { Alert, Button, Group, MultiSelect, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconAlertTriangle, IconCirclesRelation } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import type { components } from '@/api/schema';
import { useCan } from '@/api/session';
import { useSegmentNames } from '@/conditions';
import { AppLink, ButtonLink, FirstUse, formatNumber, formatShare, Loaded, NeedDatabase, Page, paths, Section, useSearchParam } from '@/kit';
import { MOST_COMPARED as MOST } from './model';
import css from './segments.module.css';

type Overlap = components['schemas']['Overlap'];

/** The address of a new segment with exactly the people of one part. */
export const partHref = (inside: readonly number[], all: readonly number[]): string => {
  const outside = all.filter((id) => !inside.includes(id));
  return `${paths.segmentNew()}?type=dynamic&start=set:${inside.join(',')}${outside.length > 0 ? `!${outside.join(',')}` : ''}`;
};

const wordsOf = (inside: readonly number[], ids: readonly number[], name: (id: number) => string): string =>
  (inside.length === ids.length ? (ids.length === 2 ? 'both' : `all ${ids.length}`) : `only ${inside.map(name).join(' and ')}`);

function Dots({ inside, ids, name }: { inside: readonly number[]; ids: readonly number[]; name: (id: number) => string }) {
  return <>{ids.map((id) => <td key={id} className={css.dot}><span data-in={inside.includes(id) || undefined} role="img" aria-label={`${inside.includes(id) ? 'in' : 'not in'} ${name(id)}`} /></td>)}</>;
}

function Parts({ overlap, ids, name }: { overlap: Overlap; ids: readonly number[]; name: (id: number) => string }) {
  const can = useCan('segments:create');
  const most = Math.max(1, ...overlap.parts.map((p) => p.count));
  return (
    <Table.ScrollContainer minWidth={520} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }} aria-label="Parts">
      <table className={css.upset}>
        <thead>
          <tr><th scope="col">People</th><th scope="col"><span className="fd-live">Size</span></th>{ids.map((id, i) => <th key={id} scope="col" className={css.dot} title={name(id)}><abbr title={name(id)}>{String.fromCharCode(65 + i)}</abbr></th>)}<th scope="col">In</th>{can && <th scope="col"><span className="fd-live">New segment</span></th>}</tr>
        </thead>
        <tbody>
          {overlap.parts.map((part) => {
            const words = wordsOf(part.segments, ids, name);
            return (
              <tr key={part.segments.join('.')}>
                <td className="fd-num">{formatNumber(part.count)}</td>
                <td className={css.upsetBar}><span style={{ width: `${(part.count / most) * 100}%` }} {...(part.segments.length === ids.length ? { 'data-all': true } : {})} /></td>
                <Dots inside={part.segments} ids={ids} name={name} />
                <td>{words} <Text span size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>{formatShare(part.count, overlap.union)}</Text></td>
                {can && <td><AppLink href={partHref(part.segments, ids)} aria-label={`Open as segment: ${words}`}>Open as segment</AppLink></td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Table.ScrollContainer>
  );
}

/** The same on a phone: one part below the other. */
function PartList({ overlap, ids, name }: { overlap: Overlap; ids: readonly number[]; name: (id: number) => string }) {
  const can = useCan('segments:create');
  const most = Math.max(1, ...overlap.parts.map((p) => p.count));
  return (
    <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Parts">
      {overlap.parts.map((part) => {
        const words = wordsOf(part.segments, ids, name);
        return (
          <li key={part.segments.join('.')}>
            <Group justify="space-between" wrap="nowrap" align="baseline"><Text>{words}</Text><Text fw={550} className="fd-num" style={{ whiteSpace: 'nowrap' }}>{formatNumber(part.count)} <Text span size="xs" c="dimmed">{formatShare(part.count, overlap.union)}</Text></Text></Group>
            <div className={css.upsetBar} style={{ width: '100%', marginBlock: 4 }}><span style={{ width: `${(part.count / most) * 100}%` }} {...(part.segments.length === ids.length ? { 'data-all': true } : {})} /></div>
            {can && <AppLink size="sm" href={partHref(part.segments, ids)} aria-label={`Open as segment: ${words}`}>Open as segment</AppLink>}
          </li>
        );
      })}
    </Stack>
  );
}

function Shown({ overlap, ids, name }: { overlap: Overlap; ids: readonly number[]; name: (id: number) => string }) {
  const narrow = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const shared = overlap.parts.find((p) => p.segments.length === ids.length)?.count ?? 0;
  return (
    <Stack gap="md">
      <Section title={overlap.union === 0 ? 'Nobody is in any of them' : shared === 0 ? `Nobody is in ${ids.length === 2 ? 'both' : 'all'} of them` : `${formatNumber(shared)} of ${formatNumber(overlap.union)} people are in ${ids.length === 2 ? 'both' : 'all'} of them`} text="Each person is counted in exactly one line.">
        {overlap.parts.length > 0 && (narrow ? <PartList overlap={overlap} ids={ids} name={name} /> : <Parts overlap={overlap} ids={ids} name={name} />)}
      </Section>
      <Section title="Segments">
        <Table>
          <Table.Thead><Table.Tr><Table.Th><span className="fd-live">Letter</span></Table.Th><Table.Th>Segment</Table.Th><Table.Th ta="right">People</Table.Th><Table.Th ta="right">Only here</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {ids.map((id, i) => (
              <Table.Tr key={id}><Table.Td w={28}>{String.fromCharCode(65 + i)}</Table.Td><Table.Td><AppLink href={paths.segment(id)}>{name(id)}</AppLink></Table.Td><Table.Td ta="right" className="fd-num">{formatNumber(overlap.sizes[i])}</Table.Td>
                <Table.Td ta="right" className="fd-num">{formatNumber(overlap.parts.find((p) => p.segments.length === 1 && p.segments[0] === id)?.count ?? 0)}</Table.Td></Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Section>
    </Stack>
  );
}

/** Up to five segments beside each other: who is in which. */
export function ComparePage() {
  const [raw, setRaw] = useSearchParam('ids');
  const database = useDatabase();
  const names = useSegmentNames(database?.id ?? 0);
  const asked = [...new Set((raw ?? '').split(',').filter((id) => /^\d+$/.test(id)).map(Number))];
  const ids = asked.slice(0, MOST), over = asked.slice(MOST);
  const name = (id: number) => (names ? names.find((s) => s.id === id)?.name ?? `Segment ${id}` : '…');
  const query = useQuery({ queryKey: ['segments', 'overlap', ids], enabled: ids.length > 1, retry: false, queryFn: ({ signal }) => ok(api.POST('/api/v1/segments/overlap', { body: { segments: ids }, signal })) });
  if (!database) return <NeedDatabase title="Compare segments" crumbs={[{ label: 'Segments', href: paths.segments() }]} why="Segments find people of a database." />;
  return (
    <Page title="Compare segments" crumbs={[{ label: 'Segments', href: paths.segments() }]} facts={[database.name]}
      help={{ text: 'Choose two to five segments. Each line counts the people who are in exactly those that are marked, so that all lines add up to everybody who is in any of them.', api: '/segments/overlap' }}>
      <Stack gap="md">
        <MultiSelect label="Segments" description="Two to five of this database" placeholder={ids.length < MOST ? 'Add a segment' : ''} searchable maxValues={MOST} hidePickedOptions nothingFoundMessage="No segment is called so"
          data={(names ?? []).map((s) => ({ value: String(s.id), label: s.name }))} value={names ? ids.map(String) : []} onChange={(next) => { setRaw([...next, ...over].join(',') || undefined, { replace: true }); }} />
        {over.length > 0 && (
          <Alert color="marigold" icon={<IconAlertTriangle size={18} />} title={`${MOST} segments at most can be compared`}>
            {over.map(name).join(', ')} {over.length === 1 ? 'is' : 'are'} left out. Take one of the others away to make room.
          </Alert>
        )}
        {ids.length < 2 ? (
          <FirstUse icon={IconCirclesRelation} title={ids.length === 0 ? 'Choose two segments' : 'Choose another segment'} text="You see who is in both, who is only in one, and can open each part as a segment." />
        ) : <Loaded query={query} what="the comparison">{(overlap) => <Shown overlap={overlap} ids={ids} name={name} />}</Loaded>}
        {ids.length > 1 && <Group><ButtonLink variant="default" href={paths.segments()}>Back to segments</ButtonLink><Button variant="default" onClick={() => void query.refetch()} loading={query.isFetching}>Count again</Button></Group>}
      </Stack>
    </Page>
  );
}
