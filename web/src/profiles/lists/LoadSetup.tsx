import { Button, Checkbox, Group, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { formatNumber, PanelError } from '@/kit';
import { typeWords, type DataColumn, type Load, type Reading, type ValueType } from './model';

const IGNORE = '';
const dates = [
  { value: '', label: '2026-03-31 (ISO)' }, { value: '%d.%m.%Y', label: '31.03.2026' }, { value: '%d/%m/%Y', label: '31/03/2026' }, { value: '%m/%d/%Y', label: '03/31/2026' },
  { value: '%d-%m-%Y', label: '31-03-2026' }, { value: '%Y%m%d', label: '20260331' },
];

/** How cells are written; asks only for what the types at hand need. */
function ReadingForm({ needed, reading, onChange }: { needed: readonly ValueType[]; reading: Reading; onChange: (reading: Reading) => void }) {
  const format = reading.date_format ?? '';
  const known = dates.some((d) => d.value === format) ? dates : [...dates, { value: format, label: format }];
  return (
    <>
      {needed.some((t) => t === 'date' || t === 'datetime') && <Select label="Days are written like" allowDeselect={false} data={known} value={format} onChange={(v) => { onChange({ ...reading, date_format: v ?? '' }); }} />}
      {needed.includes('decimal') && <Select label="Sign before decimals" allowDeselect={false} data={[{ value: '.', label: 'Point: 12.50' }, { value: ',', label: 'Comma: 12,50' }]} value={reading.decimal ?? '.'} onChange={(v) => { onChange({ ...reading, decimal: v === ',' ? ',' : '.' }); }} />}
      {needed.includes('phone') && <TextInput label="Country of numbers without +" description="Two letters, like NO; leave empty when all have their country code" maxLength={2} value={reading.region ?? ''} onChange={(e) => { onChange({ ...reading, region: e.currentTarget.value.trim().toUpperCase() || null }); }} />}
    </>
  );
}

export interface Target { type: ValueType; columns: readonly Pick<DataColumn, 'name' | 'label' | 'type' | 'key'>[]; isList: boolean; size: number }

/** The second step of a file: which column goes where, and whether it adds or replaces. */
export function LoadSetup({ load, target, onStarted, onCancel }: { load: Load; target: Target; onStarted: (jobId: string) => void; onCancel: () => void }) {
  const [mapping, setMapping] = useState<Record<string, string>>(load.mapping);
  const [mode, setMode] = useState<'add' | 'replace'>('add');
  const [reading, setReading] = useState<Reading>(load.reading);
  const [header, setHeader] = useState(load.format.header ?? true);
  const run = useAction({
    refresh: [['value-lists'], ['data-tables']],
    run: (body: { mapping: Record<string, string>; mode: 'add' | 'replace'; reading: Reading; header: boolean }, { headers }) =>
      ok(api.POST('/api/v1/list-loads/{load_id}/run', { params: { path: { load_id: load.id } }, body, headers })),
    onDone: (started) => { onStarted(started.job.id); },
  });
  const source = (name: string) => Object.keys(mapping).find((column) => mapping[column] === name) ?? IGNORE;
  const choose = (name: string, column: string | null) => {
    const rest = Object.fromEntries(Object.entries(mapping).filter(([from, to]) => to !== name && from !== column));
    setMapping(column ? { ...rest, [column]: name } : rest);
  };
  const needed = target.columns.filter((c) => source(c.name) !== IGNORE).map((c) => c.type);
  const shown = (name: string) => { const c = load.columns.find((x) => x.name === name); return c ? c.examples.join(', ') : ''; };
  const noun = target.isList ? 'values' : 'rows';
  return (
    <Stack>
      <Text><b>{load.file_name}</b>{load.total ? ` · ${load.total > 1000 && load.format.kind !== 'xlsx' ? 'about ' : ''}${formatNumber(load.total)} lines` : ''}</Text>
      {target.columns.map((column) => (
        <div key={column.name}>
          <Select label={target.isList ? 'Column with the values' : `${column.label || column.name}${column.key ? ' (key)' : ''}`} allowDeselect={false} searchable value={source(column.name)} onChange={(v) => { choose(column.name, v); }}
            description={target.isList ? undefined : typeWords(column.type)}
            data={[...(column.key ? [] : [{ value: IGNORE, label: 'Leave as it is' }]), ...load.columns.map((c) => ({ value: c.name, label: c.name }))]} />
          {source(column.name) !== IGNORE && <Text size="xs" c="dimmed" mt={4} lineClamp={2}>{shown(source(column.name)) || '–'}</Text>}
        </div>
      ))}
      {load.format.kind !== 'jsonl' && <Checkbox label="The first line names the columns" checked={header} onChange={(e) => { setHeader(e.currentTarget.checked); }} />}
      <ReadingForm needed={needed} reading={reading} onChange={setReading} />
      {target.size > 0 && (
        <Radio.Group label={`What is there already (${formatNumber(target.size)} ${noun})`} value={mode} onChange={(v) => { setMode(v === 'replace' ? 'replace' : 'add'); }}>
          <Stack gap={6} mt={6}>
            <Radio value="add" label={target.isList ? 'Keep it and add what is new' : 'Keep it; add new rows and change known ones'} />
            <Radio value="replace" label={`Replace it: only what the file has is left`} />
          </Stack>
        </Radio.Group>
      )}
      {run.error && <PanelError error={run.error} what="the file" />}
      <Group>
        <Button loading={run.isPending} color={mode === 'replace' ? 'clay' : 'fjord'} onClick={() => { run.mutate({ mapping, mode, reading, header }); }}>{mode === 'replace' ? `Replace all ${noun}` : `Load the ${noun}`}</Button>
        <Button variant="default" onClick={onCancel}>Cancel</Button>
      </Group>
    </Stack>
  );
}
