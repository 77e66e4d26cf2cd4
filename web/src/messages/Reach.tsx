import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { Delayed, formatNumber, Loaded, Section, SkeletonPanel } from '@/kit';
import { reasonWords, type Estimate, type Mailing } from './model';

export function useEstimate(mailing: Mailing) {
  return useQuery({
    queryKey: ['mailings', mailing.id, 'estimate', mailing.updated_at],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings/{mailing_id}/estimate', { params: { path: { mailing_id: mailing.id } }, signal })),
  });
}

const row = { display: 'flex', justifyContent: 'space-between', gap: 12 } as const;

function Waterfall({ estimate }: { estimate: Estimate }) {
  return (
    <Stack gap={4}>
      <div style={row}><Text>in the audience</Text><Text className="fd-num">{formatNumber(estimate.selected)}</Text></div>
      {estimate.left_out.map((part) => (
        <div key={part.reason} style={row}><Text c="dimmed">{reasonWords(part.reason)}</Text><Text c="dimmed" className="fd-num">−{formatNumber(part.count)}</Text></div>
      ))}
      <div style={{ ...row, borderTop: '1px solid var(--fd-hairline)', paddingTop: 8 }}><Text fw={650}>people</Text><Text fw={650} className="fd-num">{formatNumber(estimate.receives)}</Text></div>
    </Stack>
  );
}

/** Who will get the mailing, and who is left out and why; the parts sum. */
export function Reach({ mailing }: { mailing: Mailing }) {
  const query = useEstimate(mailing);
  return <Section title={mailing.type === 'placement' ? 'May see it' : mailing.type === 'trigger' ? 'Can receive it' : 'Will receive it'}><Loaded query={query} what="the estimate">{(estimate) => <Waterfall estimate={estimate} />}</Loaded></Section>;
}

/** What stands in the way, and what is worth a look before sending. */
export function Checks({ mailing }: { mailing: Mailing }) {
  const query = useEstimate(mailing);
  if (!query.data) return query.isPending ? <Delayed><SkeletonPanel lines={1} /></Delayed> : <Text c="dimmed">It could not be checked whether something stands in the way.</Text>;
  const { checks } = query.data;
  return (
    <Stack gap="xs">
      {checks.map((check) => <Alert key={check.message} color={check.severity === 'error' ? 'clay' : 'marigold'} title={check.severity === 'error' ? mailing.type === 'placement' ? 'Fix this before it starts' : 'Fix this before sending' : 'Worth a look'}>{check.message}</Alert>)}
      {checks.length === 0 && <Text c="dimmed">Nothing stands in the way.</Text>}
    </Stack>
  );
}
