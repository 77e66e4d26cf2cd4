import { Button, Group, Modal, MultiSelect, Radio, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { api, ok } from '@/api/client';
import type { Job } from '@/api/jobs';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { useSegmentNames } from '@/conditions/references';
import { failToast, formatCount, JobProgress, rememberFocus, Unloaded } from '@/kit';
import { fieldLabel, useDatabaseOf, useResources } from '@/profiles/model';
import { useColumns } from './columns';

type Body = components['schemas']['ProfileExportIn'];

const urlOf = (job: Job): string | null => (typeof job.result?.url === 'string' ? job.result.url : null);

interface Props { databaseId: number; audience: Body['audience']; title: string; count?: number | null; onClose: () => void }

/** A file of people: its kind and its columns; the work goes on when the dialog is closed. */
export function ExportDialog({ databaseId, audience, title, count = null, onClose }: Props) {
  const [format, setFormat] = useState('csv'), [which, setWhich] = useState('all');
  const [chosen, setChosen] = useState<string[] | null>(null), [consents, setConsents] = useState<string[]>([]), [marks, setMarks] = useState<string[]>([]);
  const [job, setJob] = useState<string | null>(null), [url, setUrl] = useState<string | null>(null);
  const [shown] = useColumns(databaseId);
  const fields = useDatabaseOf(databaseId).data?.fields ?? [];
  const resources = useResources() ?? [], segments = useSegmentNames(databaseId) ?? [];
  const mayConsent = useCan('consent:read');
  const columns = chosen ?? [...shown];
  const start = useAction({
    refresh: [['exports']],
    run: (body: Body, { headers }) => ok(api.POST('/api/v1/databases/{database_id}/exports', { params: { path: { database_id: databaseId } }, body, headers })),
    onDone: (reply) => { setJob(reply.job.id); },
  });
  const go = () => {
    const subscriptions = consents.map((key) => ({ resource_id: Number(key.split(':')[0]), channel: (key.split(':')[1] ?? 'email') as 'email' }));
    start.mutate({ audience, format: format as 'csv', ...(which === 'all' ? {} : { columns }), subscriptions, segments: marks.map(Number) }, { onError: failToast });
  };
  const onEnd = (ended: Job) => {
    const found = urlOf(ended);
    setUrl(found);
    if (found) window.location.assign(found);
  };
  useEffect(() => rememberFocus(), []);
  return (
    <Modal opened onClose={onClose} title={`Export ${title}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <Unloaded />
        {job === null ? (
          <>
            <Radio.Group label="File" value={format} onChange={setFormat}>
              <Group mt={6}><Radio value="csv" label="CSV" /><Radio value="xlsx" label="XLSX (Excel)" /><Radio value="jsonl" label="JSON lines" /></Group>
            </Radio.Group>
            <Radio.Group label="Columns" value={which} onChange={setWhich}>
              <Stack gap={6} mt={6}><Radio value="all" label="Every field" /><Radio value="some" label={`Chosen fields (${columns.length})`} /></Stack>
            </Radio.Group>
            {which === 'some' && <MultiSelect label="Fields" searchable hidePickedOptions maxValues={50} data={fields.map((f) => ({ value: f.name, label: fieldLabel(f) }))} value={columns} onChange={setChosen} />}
            {mayConsent && resources.length > 0 && <MultiSelect label="Also the status of subscriptions" searchable data={resources.flatMap((r) => r.channels.map((c) => ({ value: `${r.id}:${c}`, label: `${r.name}, ${c}` })))} value={consents} onChange={setConsents} />}
            {segments.length > 0 && <MultiSelect label="Also whether they are in segments" searchable data={segments.map((s) => ({ value: String(s.id), label: s.name }))} value={marks} onChange={setMarks} />}
            <Text c="dimmed" size="xs">{count !== null && `${formatCount(count, 'person', 'people')}. `}The file is kept for a week.</Text>
          </>
        ) : <JobProgress id={job} onEnd={onEnd} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Close</Button>
          {job === null && <Button loading={start.isPending} onClick={go}>Export people</Button>}
          {url !== null && <Button component="a" href={url} download>Download file</Button>}
        </Group>
      </Stack>
    </Modal>
  );
}
