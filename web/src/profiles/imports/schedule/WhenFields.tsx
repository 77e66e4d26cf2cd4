import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { ScheduleFields } from '@/segments/ScheduleFields';
import { formatNumber } from '@/kit';
import { whenWords, type When } from './model';

const hours = [1, 2, 3, 4, 6, 8, 12];

interface FieldsProps { when: When | null; zone: string; onChange: (when: When | null) => void; errors: ReadonlyMap<string, string>; label?: string; more?: ReactNode; words?: string }

/** When something runs: days, time, perhaps again every few hours, zone, last day. */
export function WhenFields({ when, zone, onChange, errors, label = 'Run on a schedule', more, words = whenWords(when, zone) }: FieldsProps) {
  return (
    <ScheduleFields schedule={when} zone={zone} onChange={onChange} errors={errors} label={label} words={words}
      more={when && (
        <>
          <Select label="Again" description="From that time until the day ends" allowDeselect={false} value={String(when.every_hours ?? '')} onChange={(value) => { onChange({ ...when, every_hours: value ? Number(value) : null }); }}
            data={[{ value: '', label: 'Once a day' }, ...[...new Set([...hours, ...(when.every_hours ? [when.every_hours] : [])])].sort((a, b) => a - b).map((h) => ({ value: String(h), label: h === 1 ? 'Every hour' : `Every ${formatNumber(h)} hours` }))]} />
          {more}
        </>
      )} />
  );
}
