import { Alert, Button, Group, Progress, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { api, ok, upload } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import { FileDrop, formatCount, formatNumber, LeaveGuard, PanelError, useAnnounce } from '@/kit';
import { LoadSetup, type Target } from './LoadSetup';
import { linesOf, ONE_CALL, pasted, sendFile, type Load, type Started, type ValueType } from './model';

const LIMIT = 2_000_000_000;
export const FILE_HINT = 'CSV, TSV, XLSX or JSON lines, also as zip or gz; up to 2 GB.';

/** A file for a list or table: upload with progress, then which column is which. */
export function FileFill({ path, target, onStarted, onCancel }: { path: string; target: Target; onStarted: (jobId: string) => void; onCancel: () => void }) {
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [load, setLoad] = useState<Load | null>(null);
  const send = async (file: File) => {
    setProblem(null);
    setShare(0);
    try {
      setLoad(await sendFile<Load>(path, file, setShare));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setShare(null);
    }
  };
  if (load) return <LoadSetup load={load} target={target} onStarted={onStarted} onCancel={onCancel} />;
  return (
    <Stack>
      <FileDrop hint={FILE_HINT} maxBytes={LIMIT} loading={share !== null} onFile={(file) => void send(file)} />
      {share !== null && <div><Progress value={share * 100} aria-label="Upload" /><Text size="xs" c="dimmed" mt={4}>{share < 1 ? `${Math.round(share * 100)} % sent` : 'Reading the file…'}</Text></div>}
      {problem && <PanelError error={problem} what="the file" />}
      <Group><Button variant="default" onClick={onCancel}>Cancel</Button></Group>
    </Stack>
  );
}

interface Added { added: number; already: number; rejected: { index: number; value: string; reason: string }[] }

function Outcome({ found, onMore, onDone }: { found: Added; onMore: () => void; onDone: () => void }) {
  const words = `${formatCount(found.added, 'value', 'values')} added · ${formatNumber(found.already)} there already${found.rejected.length > 0 ? ` · ${formatNumber(found.rejected.length)} left out` : ''}`;
  useAnnounce(words);
  return (
    <Stack>
      <Alert color={found.rejected.length > 0 ? 'marigold' : 'moss'}>{words}</Alert>
      {found.rejected.slice(0, 10).map((r) => <Text key={r.index} size="sm">Line {formatNumber(r.index + 1)} “{r.value}”: {r.reason}</Text>)}
      {found.rejected.length > 10 && <Text size="xs" c="dimmed">and {formatNumber(found.rejected.length - 10)} more</Text>}
      <Group><Button onClick={onDone}>Close</Button><Button variant="default" onClick={onMore}>Add more</Button></Group>
    </Stack>
  );
}

/** Values for a list, pasted or from a file. */
export function FillForm({ listId, type, size, onStarted, onClose }: { listId: number; type: ValueType; size: number; onStarted: (jobId: string) => void; onClose: () => void }) {
  const [how, setHow] = useState('paste');
  const [text, setText] = useState('');
  const [asked, setAsked] = useState(false);
  const path = { path: { list_id: listId } };
  const lines = linesOf(text);
  const add = useAction({ refresh: [['value-lists'], ['vocabulary']], run: (values: string[], { headers }) => ok(api.POST('/api/v1/value-lists/{list_id}/values', { params: path, body: { values }, headers })) });
  const file = useAction({
    refresh: [['value-lists']],
    run: (values: string[]) => { const form = pasted(values); form.append('run', 'true'); return upload<Started>(`/api/v1/value-lists/${listId}/loads`, form); },
    onDone: (started) => { onStarted(started.job.id); },
  });
  if (add.data) return <Outcome found={add.data} onMore={() => { add.reset(); setText(''); }} onDone={onClose} />;
  const problem = add.error ?? file.error;
  const send = () => {
    setAsked(true);
    if (lines.length > 0) (lines.length > ONE_CALL ? file : add).mutate(lines);
  };
  return (
    <Stack>
      <SegmentedControl value={how} onChange={setHow} data={[{ value: 'paste', label: 'Paste' }, { value: 'file', label: 'File' }]} aria-label="Where the values come from" />
      {how === 'file' ? (
        <FileFill path={`/api/v1/value-lists/${listId}/loads`} onStarted={onStarted} onCancel={onClose} target={{ type, size, isList: true, columns: [{ name: 'value', label: '', type, key: true }] }} />
      ) : (
        <form onSubmit={(event) => { event.preventDefault(); send(); }}>
          <Stack>
            <Textarea data-autofocus label="Values" description="One a line; values that are there already stay" autosize minRows={8} maxRows={18} spellCheck={false} value={text} onChange={(e) => { setText(e.currentTarget.value); }} error={asked && lines.length === 0 ? 'Enter at least one value' : null} />
            {problem && <PanelError error={problem} what="the values" />}
            <LeaveGuard dirty={() => lines.length > 0 && !file.isPending && !file.isSuccess} />
            <Group>
              <Button type="submit" loading={add.isPending || file.isPending}>{lines.length > 0 ? `Add ${formatCount(lines.length, 'value', 'values')}` : 'Add values'}</Button>
              <Button variant="default" onClick={onClose}>Cancel</Button>
            </Group>
          </Stack>
        </form>
      )}
    </Stack>
  );
}
