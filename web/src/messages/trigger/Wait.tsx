import { Group, NumberInput, Select } from '@mantine/core';
import { useState } from 'react';

const units = [{ value: '1', label: 'minutes' }, { value: '60', label: 'hours' }, { value: '1440', label: 'days' }];
const unitOf = (minutes: number) => (minutes > 0 && minutes % 1440 === 0 ? 1440 : minutes > 0 && minutes % 60 === 0 ? 60 : 1);
const most = 90 * 1440;

/** How long after it happened the message is sent. */
export function Wait({ minutes, onChange }: { minutes: number; onChange: (minutes: number) => void }) {
  const [unit, setUnit] = useState(() => unitOf(minutes));
  const put = (amount: number, by: number) => { onChange(Math.max(0, Math.min(most, Math.round(amount * by)))); };
  return (
    <Group gap="sm" align="flex-end" wrap="nowrap">
      <NumberInput label="Wait" description="0: at once; 90 days at most" min={0} max={most / unit} w={200} value={minutes / unit} onChange={(amount) => { put(Number(amount) || 0, unit); }} />
      <Select aria-label="Unit of the wait" allowDeselect={false} w={120} data={units} value={String(unit)} onChange={(next) => { setUnit(Number(next)); put(minutes / unit, Number(next)); }} />
    </Group>
  );
}
