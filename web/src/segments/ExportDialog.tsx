import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import type { Job } from '@/api/jobs';
import { useAction } from '@/api/mutations';
import { failToast, formatCount, JobProgress } from '@/kit';
import { useColumns } from './columns';
import type { SegmentDetail } from './model';

const urlOf = (job: Job): string | null => (typeof job.result?.url === 'string' ? job.result.url : null);

/** A file of the people: its kind and its columns; the work goes on when the dialog is closed. */
export function ExportDialog({ segment, onClose }: { segment: SegmentDetail; onClose: () => void }) {
  const [format, setFormat] = useState('csv'), [which, setWhich] = useState('all');
  const [job, setJob] = useState<string | null>(null), [url, setUrl] = useState<string | null>(null);
  const [columns] = useColumns(segment.database_id);
  const start = useAction({
    run: (_: null, { headers }) => ok(api.POST('/api/v1/segments/{segment_id}/export', { params: { path: { segment_id: segment.id } }, body: { format: format === 'xlsx' ? 'xlsx' : 'csv', ...(which === 'all' ? {} : { columns: [...columns] }) }, headers })),
    onDone: (reply) => { setJob(reply.job.id); },
  });
  const onEnd = (ended: Job) => {
    const found = urlOf(ended);
    setUrl(found);
    if (found) window.location.assign(found);
  };
  return (
    <Modal opened onClose={onClose} title={`Export ${segment.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        {job === null ? (
          <>
            <Radio.Group label="File" value={format} onChange={setFormat}>
              <Group mt={6}><Radio value="csv" label="CSV" /><Radio value="xlsx" label="XLSX (Excel)" /></Group>
            </Radio.Group>
            <Radio.Group label="Columns" value={which} onChange={setWhich}>
              <Stack gap={6} mt={6}><Radio value="all" label="Every field" /><Radio value="shown" label={`The ${formatCount(columns.length, 'column', 'columns')} of the preview`} /></Stack>
            </Radio.Group>
            {segment.size !== null && <Text c="dimmed" size="xs">{formatCount(segment.size, 'person', 'people')}. The file is kept for a week.</Text>}
          </>
        ) : <JobProgress id={job} onEnd={onEnd} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Close</Button>
          {job === null && <Button loading={start.isPending} onClick={() => { start.mutate(null, { onError: failToast }); }}>Export people</Button>}
          {url !== null && <Button component="a" href={url} download>Download file</Button>}
        </Group>
      </Stack>
    </Modal>
  );
}
