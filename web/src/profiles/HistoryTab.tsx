import { Button, Chip, Code, Collapse, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { AllDone, formatDay, formatNumber, formatStamp, Loaded, Section } from '@/kit';
import type { HistoryItem } from './model';

const names: Record<string, string> = { profile: 'Changes', consent: 'Consent', messages: 'Messages', orders: 'Orders', pages: 'Web', segments: 'Segments', loyalty: 'Points', custom: 'Own events' };

/** The day stands above the lines, so that a line needs only its clock. */
const clock = (at: string, zone: string | undefined) => formatStamp(at, { zone }).split(', ')[1] ?? '';

function Entry({ item, zone }: { item: HistoryItem; zone: string | undefined }) {
  const [open, { toggle }] = useDisclosure(false);
  return (
    <div>
      <Group gap="sm" wrap="nowrap" align="baseline">
        <Text component="time" dateTime={item.at} title={formatStamp(item.at, { zone, seconds: true, showZone: true })} c="dimmed" size="xs" className="fd-num">{clock(item.at, zone)}</Text>
        <Text style={{ flex: 1, overflowWrap: 'anywhere' }}>{item.text}</Text>
        <UnstyledButton onClick={toggle} aria-expanded={open} mih={24} py={4} style={{ flexShrink: 0 }}><Text size="xs" c="dimmed" td="underline">{open ? 'Hide data' : 'Show data'}</Text></UnstyledButton>
      </Group>
      <Collapse expanded={open}><Code block mt={4} tabIndex={0}>{JSON.stringify({ type: item.type, id: item.id, ...(item.properties as object) }, null, 2)}</Code></Collapse>
    </div>
  );
}

/** What a person did and what happened to them, newest first, a day at a time. */
export function HistoryTab({ databaseId, profileId, zone }: { databaseId: number; profileId: number; zone: string | undefined }) {
  const [group, setGroup] = useState('');
  const query = useInfiniteQuery({
    queryKey: ['profiles', databaseId, profileId, 'history', group],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}/history', { params: { path: { database_id: databaseId, profile_id: profileId }, query: { limit: 50, ...(group ? { group } : {}), ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const pages = query.data?.pages;
  const groups = pages?.[0]?.groups ?? [];
  const all = groups.reduce((sum, g) => sum + g.count, 0);
  const items = pages?.flatMap((p) => p.items) ?? [];
  const days = [...new Set(items.map((i) => formatDay(i.at, zone)))];
  return (
    <Section title="History">
      <Chip.Group value={group} onChange={(value) => { setGroup(value); }}>
        <Group gap={6} role="radiogroup" aria-label="Kind of entry">
          <Chip value="" size="xs">All {all ? formatNumber(all) : ''}</Chip>
          {groups.filter((g) => g.count > 0).map((g) => <Chip key={g.group} value={g.group} size="xs">{names[g.group] ?? g.group} {formatNumber(g.count)}</Chip>)}
        </Group>
      </Chip.Group>
      <Loaded query={{ ...query, data: pages }} what="the history">
        {() => (items.length === 0 ? <AllDone>Nothing has happened yet</AllDone> : (
          <Stack gap="md">
            {days.map((day) => (
              <Stack key={day} gap={6}>
                <Text fw={550} size="xs" c="dimmed">{day}</Text>
                {items.filter((i) => formatDay(i.at, zone) === day).map((item) => <Entry key={item.id} item={item} zone={zone} />)}
              </Stack>
            ))}
            {query.hasNextPage && <Group><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Load more</Button></Group>}
          </Stack>
        ))}
      </Loaded>
    </Section>
  );
}
