import { Alert, Button, Collapse, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { Section, useAnnounce } from '@/kit';
import { FormatFields } from './FormatFields';
import { formatWords, type Format, type Import } from './model';

/** How the file is read. A change reads it again at once, and what was wrong before is forgotten. */
export function FormatForm({ found, may }: { found: Import; may: boolean }) {
  const [open, { toggle }] = useDisclosure(false);
  const now = found.format;
  const read = useAction({
    refresh: [['imports']],
    run: (format: Format) => ok(api.PATCH('/api/v1/imports/{import_id}', { params: { path: { import_id: found.id } }, body: { format } })),
  });
  const set = (change: Partial<Format>) => { read.mutate({ ...now, ...change }); };
  const words = read.isPending ? 'Reading the file again…' : read.isSuccess ? 'Read again: the columns below are new.' : '';
  useAnnounce(words);
  return (
    <Section title="1 File" text={formatWords(now)}
      actions={may && now.kind !== 'jsonl' && <Button size="xs" variant="default" aria-expanded={open} onClick={toggle}>{open ? 'Fold' : 'Change how it is read'}</Button>}>
      <Collapse expanded={open}>
        <Stack gap="sm">
          <FormatFields value={now} busy={read.isPending} onChange={set} />
          <Group mih={20}><Text size="xs" c="dimmed">{words}</Text></Group>
          {read.error && <Alert color="clay" role="alert">{read.error.errors[0]?.message ?? (read.error.detail || read.error.title)}</Alert>}
        </Stack>
      </Collapse>
    </Section>
  );
}
