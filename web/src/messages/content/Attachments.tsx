import { Anchor, Button, FileButton, Group, Progress, Text } from '@mantine/core';
import { IconPaperclip } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, upload } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { doneToast, failToast, formatBytes, MenuActions, Section, SmallTable, useAnnounce } from '@/kit';
import type { Template } from '../model';

const LARGE = 2_000_000;
const kinds: Record<string, string> = { 'application/pdf': 'PDF', 'text/calendar': 'Calendar entry', 'text/csv': 'CSV', 'application/zip': 'Archive', 'text/plain': 'Text', 'text/vcard': 'Contact' };
const kindWords = (type: string) => kinds[type] ?? (type.startsWith('image/') ? 'Picture' : type.includes('officedocument') || type.includes('opendocument') ? 'Document' : type);

/** The files that go with each mail of a template. */
export function Attachments({ template, canUpdate }: { template: Template; canUpdate: boolean }) {
  const client = useQueryClient();
  const [share, setShare] = useState<number | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const path = `/api/v1/templates/${template.id}/attachments`;
  const total = template.attachments.reduce((sum, file) => sum + file.size, 0);
  useAnnounce(template.attachments.length > 0 ? `${template.attachments.length} files attached` : undefined);
  // What else has been saved meanwhile may not be in the answer.
  const keep = ({ attachments, unpublished_changes }: Template) => { client.setQueryData<Template>(['templates', template.id], (before) => before && { ...before, attachments, unpublished_changes }); };
  const attach = async (file: File | null) => {
    if (!file) return;
    const form = new FormData();
    form.append('file', file);
    setFault(null);
    setShare(0);
    try {
      keep(await upload<Template>(path, form, setShare));
    } catch (error) {
      const problem = toProblem(error);
      setFault(`${file.name}: ${problem.errors[0]?.message ?? problem.detail}`);
    } finally {
      setShare(null);
    }
  };
  const remove = useAction({
    refresh: [],
    run: (name: string) => ok(api.DELETE('/api/v1/templates/{template_id}/attachments', { params: { path: { template_id: template.id }, query: { name } } })),
    onDone: (made, name) => { keep(made); doneToast(`${name} is not attached any more`); },
  });
  return (
    <Section title="Attachments" text="Files that go with every mail, as they are when you publish">
      {template.attachments.length > 0 && (
        <SmallTable label="Attached files" rows={template.attachments} rowKey={(file) => file.name} columns={[
          { key: 'name', header: 'File', cell: (file) => <Anchor href={`${path}/content?name=${encodeURIComponent(file.name)}`} download={file.name} style={{ overflowWrap: 'anywhere' }}>{file.name}</Anchor> },
          { key: 'type', header: 'Kind', cell: (file) => kindWords(file.type), priority: 3 },
          { key: 'size', header: 'Size', align: 'right', cell: (file) => formatBytes(file.size), priority: 1 },
          ...(canUpdate ? [{ key: 'actions', header: 'Actions', align: 'right' as const, priority: 1 as const, cell: (file: Template['attachments'][number]) => <MenuActions label={`Actions for ${file.name}`} actions={[{ label: 'Remove', danger: true, onClick: () => { remove.mutate(file.name, { onError: failToast }); } }]} /> }] : []),
        ]} />
      )}
      {share !== null && <Progress value={share * 100} aria-label="Uploading the file" />}
      {fault !== null && <Text size="sm" c="clay" role="alert">{fault}</Text>}
      <Group gap="sm">
        {canUpdate && (
          <FileButton onChange={(file) => { void attach(file); }}>
            {(props) => <Button {...props} variant="default" size="xs" leftSection={<IconPaperclip size={14} />} loading={share !== null}>Attach a file</Button>}
          </FileButton>
        )}
        <Text size="xs" c={total > LARGE ? 'marigold' : 'dimmed'}>
          {total === 0 ? 'PDF, pictures, documents, calendar entries; 10 MB together at most' : `${formatBytes(total * 4 / 3)} in each mail${total > LARGE ? ': large mails are slow to send and often refused' : ''}`}
        </Text>
      </Group>
    </Section>
  );
}
