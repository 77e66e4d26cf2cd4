import { Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { formatDay, formatStamp, useAnnounceChange } from '@/kit';
import type { PointType, Program } from '../model';

interface ExampleProps { program: Program; kind: PointType['kind']; delay: string | null; expiry: PointType['expiry'] }

/** `100 points earned today can be spent from 30 Nov and lapse at the end of 30 Nov 2027`, worked out by the server. */
export function Example({ program, kind, delay, expiry }: ExampleProps) {
  const found = useQuery({
    queryKey: ['programs', program.id, 'points', 'lifetime', delay, expiry], placeholderData: keepPreviousData, retry: false, staleTime: 60_000,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/points/lifetime', { params: { path: { program_id: program.id } }, body: { delay, expiry }, signal })),
  }).data;
  const words = found && exampleWords(kind, found);
  useAnnounceChange(words);
  return words ? <Text size="sm" c="dimmed" mt={4}>{words}</Text> : null;
}

function exampleWords(kind: PointType['kind'], found: components['schemas']['LifetimeExample']): string {
  const zone = found.timezone;
  const usable = found.active_from === found.at ? 'at once' : `from ${formatStamp(found.active_from, { zone })}`;
  // The moment they are gone is the midnight after the last day.
  const last = found.lapses_at && new Date(Date.parse(found.lapses_at) - 1000).toISOString();
  return `100 points earned now ${kind === 'standard' ? 'can be spent' : 'count'} ${usable} and ${last ? `lapse at the end of ${formatDay(last, zone)}` : 'never lapse'} (${zone}).`;
}
