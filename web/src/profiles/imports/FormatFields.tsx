import { Checkbox, NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Format } from './model';

const delimiters = [{ value: ',', label: 'Comma  ,' }, { value: ';', label: 'Semicolon  ;' }, { value: '\t', label: 'Tab' }, { value: '|', label: 'Bar  |' }];
const encodings = [
  { value: 'utf-8', label: 'UTF-8' }, { value: 'utf-8-sig', label: 'UTF-8 with a mark' }, { value: 'utf-16', label: 'UTF-16' }, { value: 'cp1252', label: 'Western Europe (Windows-1252)' }, { value: 'iso8859-15', label: 'Western Europe (ISO 8859-15)' },
  { value: 'cp1250', label: 'Central Europe (Windows-1250)' }, { value: 'iso8859-2', label: 'Central Europe (ISO 8859-2)' }, { value: 'cp1251', label: 'Cyrillic (Windows-1251)' }, { value: 'koi8-r', label: 'Cyrillic (KOI8-R)' },
  { value: 'cp1253', label: 'Greek (Windows-1253)' }, { value: 'cp1254', label: 'Turkish (Windows-1254)' }, { value: 'shift_jis', label: 'Japanese (Shift JIS)' }, { value: 'gb18030', label: 'Chinese (GB 18030)' },
];
const quotes = [{ value: '"', label: 'Double quotes  "' }, { value: "'", label: "Single quotes  '" }, { value: '', label: 'Nothing' }];

/** What is offered, and what was found out even when it is rare. */
const withFound = (offered: readonly { value: string; label: string }[], found: string) => (offered.some((o) => o.value === found) ? offered : [...offered, { value: found, label: found }]);

interface Props { value: Format; onChange: (change: Partial<Format>) => void; busy?: boolean; sheets?: readonly string[] | undefined; errors?: ReadonlyMap<string, string> | undefined }

/** How a file is read: separator, encoding, sheet, lines above, header. */
export function FormatFields({ value: now, onChange, busy = false, sheets = [], errors }: Props) {
  const [sheet, setSheet] = useState(now.sheet ?? '');
  useEffect(() => { setSheet(now.sheet ?? ''); }, [now.sheet]);
  const text = now.kind === 'csv' || now.kind === 'tsv';
  const fault = (name: string) => errors?.get(`/format/${name}`);
  if (now.kind === 'jsonl') return null;
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {text && <Select label="Columns are separated by" allowDeselect={false} data={withFound(delimiters, now.delimiter ?? ',')} value={now.delimiter ?? ','} disabled={busy} error={fault('delimiter')} onChange={(value) => { if (value) onChange({ delimiter: value }); }} />}
        {text && <Select label="Encoding" description="When letters look wrong in the examples below" searchable allowDeselect={false} data={withFound(encodings, now.encoding ?? 'utf-8')} value={now.encoding ?? 'utf-8'} disabled={busy} error={fault('encoding')} onChange={(value) => { if (value) onChange({ encoding: value }); }} />}
        {text && <Select label="Texts stand between" allowDeselect={false} data={withFound(quotes, now.quote ?? '"')} value={now.quote ?? '"'} disabled={busy} error={fault('quote')} onChange={(value) => { if (value !== null) onChange({ quote: value }); }} />}
        {now.kind === 'xlsx' && (sheets.length > 0
          ? <Select label="Sheet" allowDeselect={false} data={withFound([{ value: '', label: `The first one (${sheets[0] ?? ''})` }, ...sheets.map((name) => ({ value: name, label: name }))], now.sheet ?? '')} value={now.sheet ?? ''} disabled={busy} onChange={(value) => { onChange({ sheet: value === '' ? null : value }); }} />
          : <TextInput label="Sheet" description="The first one when empty" value={sheet} onChange={(event) => { setSheet(event.currentTarget.value); }} onBlur={() => { if (sheet !== (now.sheet ?? '')) onChange({ sheet: sheet || null }); }} />)}
        <NumberInput label="Lines above to leave out" description="Such as a title over the table" min={0} max={1000} allowDecimal={false} value={now.skip ?? 0} disabled={busy} error={fault('skip')} onChange={(value) => { if (typeof value === 'number' && value !== (now.skip ?? 0)) onChange({ skip: value }); }} />
      </SimpleGrid>
      <Checkbox label="The first line holds the names of the columns" checked={now.header ?? true} disabled={busy} onChange={(event) => { onChange({ header: event.currentTarget.checked }); }} />
    </>
  );
}
