import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Database } from '../model';
import type { Mapping } from './model';

const days = [
  { value: '', label: '2026-03-31' }, { value: '%d.%m.%Y', label: '31.03.2026' }, { value: '%d/%m/%Y', label: '31/03/2026' }, { value: '%m/%d/%Y', label: '03/31/2026' }, { value: '%d-%m-%Y', label: '31-03-2026' },
  { value: '%Y/%m/%d', label: '2026/03/31' }, { value: '%Y%m%d', label: '20260331' }, { value: '%d.%m.%y', label: '31.03.26' },
];
const moments = [{ value: '', label: '2026-03-31T14:05:00' }, ...days.slice(1).flatMap((d) => [{ value: `${d.value} %H:%M`, label: `${d.label} 14:05` }, { value: `${d.value} %H:%M:%S`, label: `${d.label} 14:05:00` }])];

interface Props { database: Database; used: Mapping | undefined; onChange: (change: Partial<Mapping>) => void }

/** The country of phone numbers without a code; half of a country is none. */
function Region({ used, onChange }: { used: Mapping; onChange: (change: Partial<Mapping>) => void }) {
  const [code, setCode] = useState(used.region ?? '');
  const type = (text: string) => {
    const typed = text.toUpperCase().replace(/[^A-Z]/g, '');
    setCode(typed);
    const region = typed.length === 2 ? typed : null;
    if (region !== (used.region ?? null)) onChange({ region });
  };
  return <TextInput size="xs" mt={4} aria-label={`Country of numbers in ${used.column} without a code`} placeholder="Country if no +code: NO" maxLength={2} value={code} onChange={(event) => { type(event.currentTarget.value); }} />;
}

/** How the cells of a column are written, where its field can be written in several ways. */
export function Reading({ database, used, onChange }: Props) {
  const type = used?.new_field?.type ?? database.fields.find((f) => f.name === used?.field)?.type;
  if (!used || !type) return null;
  if (type === 'date' || type === 'datetime') {
    const offered = type === 'date' ? days : moments, now = used.date_format ?? '';
    return <Select size="xs" mt={4} aria-label={`Dates in ${used.column} are written like`} allowDeselect={false} data={offered.some((o) => o.value === now) ? offered : [...offered, { value: now, label: now }]} value={now} onChange={(value) => { if (value !== null) onChange({ date_format: value }); }} />;
  }
  if (type === 'float') {
    return <Select size="xs" mt={4} aria-label={`Numbers in ${used.column} are written like`} allowDeselect={false} data={[{ value: '.', label: '1234.5 (decimal point)' }, { value: ',', label: '1234,5 (decimal comma)' }]} value={used.decimal ?? '.'} onChange={(value) => { if (value) onChange({ decimal: value }); }} />;
  }
  return used.field === 'phones' ? <Region used={used} onChange={onChange} /> : null;
}
