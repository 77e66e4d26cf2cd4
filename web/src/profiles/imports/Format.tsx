import { Alert, Button, Checkbox, Collapse, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { Section, useAnnounce } from '@/kit';
import { formatWords, type Format, type Import } from './model';

const delimiters = [{ value: ',', label: 'Comma  ,' }, { value: ';', label: 'Semicolon  ;' }, { value: '\t', label: 'Tab' }, { value: '|', label: 'Bar  |' }];
const encodings = [
  { value: 'utf-8', label: 'UTF-8' }, { value: 'utf-8-sig', label: 'UTF-8 with a mark' }, { value: 'utf-16', label: 'UTF-16' }, { value: 'cp1252', label: 'Western Europe (Windows-1252)' }, { value: 'iso8859-15', label: 'Western Europe (ISO 8859-15)' },
  { value: 'cp1250', label: 'Central Europe (Windows-1250)' }, { value: 'iso8859-2', label: 'Central Europe (ISO 8859-2)' }, { value: 'cp1251', label: 'Cyrillic (Windows-1251)' }, { value: 'koi8-r', label: 'Cyrillic (KOI8-R)' },
  { value: 'cp1253', label: 'Greek (Windows-1253)' }, { value: 'cp1254', label: 'Turkish (Windows-1254)' }, { value: 'shift_jis', label: 'Japanese (Shift JIS)' }, { value: 'gb18030', label: 'Chinese (GB 18030)' },
];

/** What is offered, and what was found out even when it is rare. */
const withFound = (offered: readonly { value: string; label: string }[], found: string) => (offered.some((o) => o.value === found) ? offered : [...offered, { value: found, label: found }]);

/** How the file is read. A change reads it again at once, and what was wrong before is forgotten. */
export function FormatForm({ found, may }: { found: Import; may: boolean }) {
  const [open, { toggle }] = useDisclosure(false);
  const now = found.format;
  const [sheet, setSheet] = useState(now.sheet ?? '');
  const read = useAction({
    refresh: [['imports']],
    run: (format: Format) => ok(api.PATCH('/api/v1/imports/{import_id}', { params: { path: { import_id: found.id } }, body: { format } })),
  });
  const set = (change: Partial<Format>) => { read.mutate({ ...now, ...change }); };
  const text = now.kind === 'csv' || now.kind === 'tsv';
  const words = read.isPending ? 'Reading the file again…' : read.isSuccess ? 'Read again: the columns below are new.' : '';
  useAnnounce(words);
  return (
    <Section title="1 File" text={formatWords(now)}
      actions={may && now.kind !== 'jsonl' && <Button size="xs" variant="default" aria-expanded={open} onClick={toggle}>{open ? 'Fold' : 'Change how it is read'}</Button>}>
      <Collapse expanded={open}>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {text && <Select label="Columns are separated by" allowDeselect={false} data={withFound(delimiters, now.delimiter ?? ',')} value={now.delimiter ?? ','} disabled={read.isPending} onChange={(value) => { if (value) set({ delimiter: value }); }} />}
            {text && <Select label="Encoding" description="When letters look wrong in the examples below" searchable allowDeselect={false} data={withFound(encodings, now.encoding ?? 'utf-8')} value={now.encoding ?? 'utf-8'} disabled={read.isPending} onChange={(value) => { if (value) set({ encoding: value }); }} />}
            {now.kind === 'xlsx' && <TextInput label="Sheet" description="The first one when empty" value={sheet} onChange={(event) => { setSheet(event.currentTarget.value); }} onBlur={() => { if (sheet !== (now.sheet ?? '')) set({ sheet: sheet || null }); }} />}
            <NumberInput label="Lines above to leave out" description="Such as a title over the table" min={0} max={1000} allowDecimal={false} value={now.skip ?? 0} disabled={read.isPending} onChange={(value) => { if (typeof value === 'number' && value !== (now.skip ?? 0)) set({ skip: value }); }} />
          </SimpleGrid>
          <Checkbox label="The first line holds the names of the columns" checked={now.header ?? true} disabled={read.isPending} onChange={(event) => { set({ header: event.currentTarget.checked }); }} />
          <Group mih={20}><Text size="xs" c="dimmed">{words}</Text></Group>
          {read.error && <Alert color="clay" role="alert">{read.error.errors[0]?.message ?? (read.error.detail || read.error.title)}</Alert>}
        </Stack>
      </Collapse>
    </Section>
  );
}
