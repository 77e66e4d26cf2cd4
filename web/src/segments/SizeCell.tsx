import { Button } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useJob } from '@/api/jobs';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { useQueryClient } from '@tanstack/react-query';
import { announce, AppLink, failToast, formatCount, Num, paths } from '@/kit';
import type { Segment } from './model';

/** How many people were in it when it was last counted; a dynamic segment is counted when somebody asks, one at a time. */
export function SizeCell({ segment }: { segment: Segment }) {
  const can = useCan('segments:run'), seesPeople = useCan('profiles:read');
  const client = useQueryClient();
  const [jobId, setJobId] = useState<string | null>(null);
  useJob(jobId, () => { setJobId(null); void client.invalidateQueries({ queryKey: ['segments'] }); });
  const count = useAction({
    refresh: [['segments']], run: (id: number, { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/calculate', { params: { path: { segment_id: id } }, body: { limit: 0 }, headers })),
    onDone: (reply) => {
      if ('job' in reply) setJobId((reply as { job: { id: string } }).job.id);
      else announce(`${segment.name}: ${formatCount((reply as { count: number }).count, 'person', 'people')}`);
    },
  });
  const size = segment.size && seesPeople && segment.archived_at === null ? <AppLink href={paths.segment(segment.id)} aria-label={`${formatCount(segment.size, 'person', 'people')} in ${segment.name}`}><Num value={segment.size} /></AppLink> : <Num value={segment.size} />;
  if (segment.type !== 'dynamic' || !can || segment.archived_at !== null) return size;
  const busy = count.isPending || jobId !== null;
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4, justifyContent: 'flex-end' }}>
      {segment.size !== null && size}
      <Button size="compact-xs" variant="subtle" color="fjord" loading={busy} aria-label={segment.size === null ? `Count ${segment.name}` : `Count ${segment.name} again`} title={segment.size === null ? 'Count now' : 'Count again now'}
        onClick={(event) => { event.preventDefault(); event.stopPropagation(); count.mutate(segment.id, { onError: failToast }); }}>{segment.size === null ? 'Count' : '↻'}</Button>
    </span>
  );
}
