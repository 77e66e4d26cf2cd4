import { MultiSelect, Stack } from '@mantine/core';
import { WhenFields } from '@/profiles/imports/schedule/WhenFields';
import { Coming } from './Coming';
import { launchWords, type LaunchSchedule } from './model';

const days = Array.from({ length: 31 }, (_, i) => ({ value: String(i + 1), label: String(i + 1) }));

interface FieldsProps { schedule: LaunchSchedule | null; zone: string; databaseId: number; onChange: (schedule: LaunchSchedule | null) => void; errors: ReadonlyMap<string, string> }

/** When a recurring mailing is launched: days of the week and of the month, time, zone, last day; and when that is next. */
export function LaunchFields({ schedule, zone, databaseId, onChange, errors }: FieldsProps) {
  const month = schedule?.month_days ?? [];
  return (
    <Stack gap="sm" maw={480}>
      <WhenFields when={schedule} zone={zone} errors={errors} label="Launch on a schedule" words={launchWords(schedule, zone)} onChange={(when) => { onChange(when && { ...when, month_days: month }); }}
        more={schedule && (
          <MultiSelect label="Days of the month" description="A day that a month does not have is its last one" placeholder={month.length ? '' : 'any'} searchable clearable data={days} value={month.map(String)} error={errors.get('/schedule/month_days')}
            onChange={(chosen) => { onChange({ ...schedule, month_days: chosen.map(Number).sort((a, b) => a - b) }); }} />
        )} />
      {schedule && <Coming databaseId={databaseId} schedule={schedule} zone={zone} />}
    </Stack>
  );
}
