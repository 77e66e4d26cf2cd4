import { Select } from '@mantine/core';
import { usePatchSearch } from '@/kit';
import type { Mailing } from '../model';
import { runWords, useChosenRun, useRuns } from './model';

/** Which launch of a recurring mailing the report is about. */
export function RunPicker({ mailing }: { mailing: Mailing }) {
  const chosen = useChosenRun();
  const patch = usePatchSearch();
  const found = useRuns(mailing) ?? [];
  if (mailing.type !== 'recurring' || found.length === 0) return null;
  const newest = found[0]?.id ?? 0;
  const data = found.map((run) => ({ value: String(run.id), label: `${runWords(run)}${run.id === newest ? ' · the latest' : ''}` }));
  if (chosen && !found.some((run) => run.id === chosen)) data.push({ value: String(chosen), label: `An earlier launch` });
  return (
    <Select label="Launch" maw={320} allowDeselect={false} data={data} value={String(chosen ?? newest)}
      onChange={(value) => { patch({ filter: Number(value) === newest ? undefined : { run: [String(value)] } }); }} />
  );
}
