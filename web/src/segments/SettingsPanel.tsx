import { Checkbox, Group, NumberInput, Paper, Text, Textarea } from '@mantine/core';
import { TagsField } from '@/kit';
import css from './segments.module.css';
import type { Kind } from './model';
import { ScheduleFields } from './ScheduleFields';
import { useSegmentTags } from './tagging';
import type { Settings } from './useBuilder';

interface PanelProps { kind: Kind; zone: string; databaseId: number; settings: Settings; onChange: (settings: Settings) => void; errors: ReadonlyMap<string, string> }

/** Schedule, random part and limit, description and tags. */
export function SettingsPanel({ kind, zone, databaseId, settings, onChange, errors }: PanelProps) {
  const { range, limit } = settings;
  const tags = useSegmentTags(databaseId);
  const part = (value: number | string, otherwise: number) => (typeof value === 'number' ? value : otherwise);
  return (
    <>
      {kind === 'updatable' && (
        <Paper className={css.rail ?? ''} component="section" aria-label="Schedule">
          <ScheduleFields schedule={settings.schedule} zone={zone} errors={errors} onChange={(schedule) => { onChange({ ...settings, schedule }); }} />
        </Paper>
      )}
      <Paper className={css.rail ?? ''} component="section" aria-label="Random part and limit">
        <Checkbox label="Only a random part" checked={range !== null} onChange={(event) => { onChange({ ...settings, range: event.currentTarget.checked ? { from: 0, to: 10 } : null }); }} />
        {range && (
          <Group gap="xs" grow align="flex-start">
            <NumberInput label="From %" min={0} max={100} decimalScale={2} value={range.from} error={errors.get('/range/from') ?? errors.get('/range')} onChange={(v) => { onChange({ ...settings, range: { ...range, from: part(v, 0) } }); }} />
            <NumberInput label="To %" min={0} max={100} decimalScale={2} value={range.to} error={errors.get('/range/to')} onChange={(v) => { onChange({ ...settings, range: { ...range, to: part(v, 100) } }); }} />
          </Group>
        )}
        <NumberInput label="At most" placeholder="no limit" min={1} thousandSeparator="," value={limit ?? ''} error={errors.get('/limit') ?? errors.get('/segment_limit')} onChange={(v) => { onChange({ ...settings, limit: typeof v === 'number' ? v : null }); }} />
        <Text size="xs" c="dimmed">Always the same people: 0–10 % and 10–20 % share nobody.</Text>
      </Paper>
      <Paper className={css.rail ?? ''} component="section" aria-label="Description and tags">
        <Textarea label="Description" autosize minRows={1} maxRows={6} value={settings.description} error={errors.get('/description')} onChange={(event) => { onChange({ ...settings, description: event.currentTarget.value }); }} />
        <TagsField value={settings.tags} known={tags.map((t) => t.name)} error={[...errors].find(([at]) => at.startsWith('/tags'))?.[1]} onChange={(names) => { onChange({ ...settings, tags: names }); }} />
      </Paper>
    </>
  );
}
