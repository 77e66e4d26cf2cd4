import { useQuery } from '@tanstack/react-query';
import { Stack } from '@mantine/core';
import { api, ok } from '@/api/client';
import { AllDone, Chart, formatStamp, Loaded } from '@/kit';

const SHOWN = 100;

/** How the size changed from run to run, and who came and went. */
export function FlowTab({ segmentId }: { segmentId: number }) {
  const query = useQuery({ queryKey: ['segments', segmentId, 'flow'], queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/{segment_id}/history', { params: { path: { segment_id: segmentId }, query: { limit: SHOWN } }, signal })) });
  return (
    <Loaded query={query} what="the history">
      {({ items }) => {
        const done = items.filter((r) => r.state === 'done').reverse();
        if (done.length === 0) return <AllDone>The first run draws the first point.</AllDone>;
        const x = done.map((r) => formatStamp(r.finished_at ?? r.queued_at));
        const latest = done.at(-1);
        return (
          <Stack gap="md">
            <Chart title="How many people are in it?" note={done.length === 1 ? 'After the first run.' : `After each of the last ${done.length} runs.`} description={`The size after ${done.length} ${done.length === 1 ? 'run' : 'runs'}; it is ${latest?.size ?? 0} now.`}
              spec={{ kind: 'line', x, xLabel: 'Run', series: [{ name: 'People', values: done.map((r) => r.size) }] }} />
            <Chart title="How many entered and left?" note="At each run, compared with the one before." description="People who entered and who left, by run."
              spec={{ kind: 'stacked', x, xLabel: 'Run', series: [{ name: 'Entered', values: done.map((r) => r.entered) }, { name: 'Left', values: done.map((r) => (r.left === null ? null : -r.left)) }] }} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
