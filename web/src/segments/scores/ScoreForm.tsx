import { NumberInput, SegmentedControl, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useVocabulary } from '@/conditions';
import { AppForm, Section, useAppForm } from '@/kit';
import { fieldLabel, type Database } from '@/profiles/model';
import type { Schedule } from '../model';
import { ScheduleFields } from '../ScheduleFields';
import { figures, prefixOf, type FigureOf, type Score } from './model';

interface Values extends Record<string, unknown> { kind: Score['kind']; name: string; prefix: string; groups: number | string; ever: boolean; days: number | string; currency: string; of: FigureOf; event: string | null; field: string | null; schedule: Schedule | null }

const within = (value: number | string, low: number, high: number) => value !== '' && Number.isInteger(Number(value)) && Number(value) >= low && Number(value) <= high;
const looksBack = (v: Values) => v.kind === 'rfm' || v.of !== 'field';
const counted = (v: Values) => v.kind === 'rfm' || figures.some((f) => f.value === v.of && f.amount);

const check = (v: Values) => ({
  name: v.name.trim() ? null : 'Enter a name for the score',
  prefix: /^[a-z][a-z0-9_]{0,39}$/.test(v.prefix) ? null : 'Use small letters, digits and _, beginning with a letter',
  groups: within(v.groups, 1, 10) ? null : 'Choose 1 to 10 groups',
  days: v.ever || !looksBack(v) || within(v.days, 1, 3660) ? null : 'Look back 1 to 3,660 days',
  currency: !counted(v) || v.currency === '' || /^[A-Z]{3}$/.test(v.currency) ? null : 'A currency has three letters, like EUR',
  event: v.kind === 'quantile' && v.of === 'events' && !v.event ? 'Choose the events' : null,
  field: v.kind === 'quantile' && v.of === 'field' && !v.field ? 'Choose the field' : null,
});

function bodyOf(v: Values) {
  const figure = v.kind === 'rfm' ? null : { of: v.of, event: v.of === 'events' ? v.event : null, field: v.of === 'field' ? v.field : null };
  return { name: v.name.trim(), groups: Number(v.groups), days: v.ever || !looksBack(v) ? null : Number(v.days), currency: counted(v) ? v.currency || null : null, figure, schedule: v.schedule };
}

function begin(score: Score | undefined, taken: readonly Score[]): Values {
  if (score) return { kind: score.kind, name: score.name, prefix: score.prefix, groups: score.groups, ever: score.days === null, days: score.days ?? 365, currency: score.currency ?? '', of: score.figure?.of ?? 'orders_sum', event: score.figure?.event ?? null, field: score.figure?.field ?? null, schedule: score.schedule };
  const first = !taken.some((s) => s.prefix === 'rfm');
  return { kind: first ? 'rfm' : 'quantile', name: first ? 'RFM' : '', prefix: first ? 'rfm' : '', groups: 5, ever: false, days: 365, currency: '', of: 'orders_sum', event: null, field: null, schedule: { at: '03:00', weekdays: [] } };
}

function Figure({ database, values, state }: { database: Database; values: Values; state: ReturnType<typeof useAppForm<Values>> }) {
  const words = useVocabulary(database.id).data;
  const events = (words?.events ?? []).map((e) => ({ value: e.name, label: e.label }));
  const fields = database.fields.filter((f) => !f.builtin && (f.type === 'integer' || f.type === 'float')).map((f) => ({ value: f.name, label: fieldLabel(f) }));
  return (
    <>
      <Select label="Divide people by" allowDeselect={false} data={figures.map(({ value, label }) => ({ value, label }))} {...state.form.getInputProps('of')} />
      {values.of === 'events' && <Select label="Events" searchable data={events} placeholder="Choose a type" {...state.form.getInputProps('event')} />}
      {values.of === 'field' && <Select label="Field" searchable data={fields} placeholder={fields.length === 0 ? 'This database has no number fields' : 'Choose a field'} {...state.form.getInputProps('field')} />}
    </>
  );
}

/** Makes a score, or changes one; its kind and the names of its fields are fixed once it is made. */
export function ScoreForm({ database, score, taken = [], onSaved, onCancel }: { database: Database; score?: Score; taken?: readonly Score[]; onSaved: (saved: Score) => void; onCancel?: () => void }) {
  const state = useAppForm<Values>({ initialValues: begin(score, taken), check });
  const { form } = state;
  const v = form.values;
  const errors = new Map(state.fixes.map((fix) => [`/${fix.path.replaceAll('.', '/')}`, fix.message]));
  const path = { database_id: database.id };
  const save = useAction({
    refresh: [['scores'], ['databases'], ['vocabulary']],
    run: (values: Values, { headers }) => {
      if (score) return ok(api.PATCH('/api/v1/databases/{database_id}/scores/{score_id}', { params: { path: { ...path, score_id: score.id } }, body: { ...bodyOf(values), version: score.version } }));
      return ok(api.POST('/api/v1/databases/{database_id}/scores', { params: { path }, body: { ...bodyOf(values), kind: values.kind, prefix: values.prefix }, headers }));
    },
  });
  const named = v.kind === 'rfm' ? ['_recency', '_frequency', '_monetary', '', '_rank'] : ['', '_rank'];
  const rename = (name: string) => { form.setFieldValue('name', name); if (!score && (v.prefix === '' || v.prefix === prefixOf(v.name))) form.setFieldValue('prefix', prefixOf(name)); };
  const turn = (kind: string) => { form.setFieldValue('kind', kind as Score['kind']); if (kind === 'quantile' && v.name === 'RFM') { form.setFieldValue('name', ''); form.setFieldValue('prefix', ''); } };
  return (
    <AppForm state={state} mode={score ? 'edit' : 'create'} guard={Boolean(score)} saveLabel={score ? 'Save score' : 'Make score'} onSave={async (values) => { onSaved(await save.mutateAsync(values)); }} {...(onCancel ? { onCancel } : {})}>
      {!score && <SegmentedControl fullWidth aria-label="Kind" data={[{ value: 'rfm', label: 'RFM' }, { value: 'quantile', label: 'Quantile of one figure' }]} value={v.kind} onChange={turn} />}
      {!score && <Text size="sm" c="dimmed">{v.kind === 'rfm' ? 'How lately, how often and for how much people bought.' : 'People in groups of equal size, by one figure.'}</Text>}
      <TextInput label="Name" maxLength={60} {...form.getInputProps('name')} onChange={(event) => { rename(event.currentTarget.value); }} />
      {!score && <TextInput label="Field names begin with" description={v.prefix ? `It fills ${named.map((end) => v.prefix + end).join(', ')}. Fixed afterwards` : 'Fixed afterwards'} {...form.getInputProps('prefix')} />}
      <Section title="What counts">
        <Stack gap="sm">
          {v.kind === 'quantile' && <Figure database={database} values={v} state={state} />}
          {looksBack(v) && <Switch label="Everything there ever was" {...form.getInputProps('ever', { type: 'checkbox' })} />}
          {looksBack(v) && !v.ever && <NumberInput label="Look back" suffix=" days" min={1} max={3660} w={180} {...form.getInputProps('days')} />}
          {counted(v) && <TextInput label="Currency of amounts" description="Empty: the one most orders are in. Amounts in others are not counted" placeholder="EUR" maxLength={3} w={280} {...form.getInputProps('currency')} onChange={(event) => { form.setFieldValue('currency', event.currentTarget.value.toUpperCase()); }} />}
          <NumberInput label="Groups" description="Five is usual" min={1} max={10} w={180} {...form.getInputProps('groups')} />
        </Stack>
      </Section>
      <Section title="When"><Stack gap="sm"><ScheduleFields label="Compute on a schedule" schedule={v.schedule} zone={database.timezone} onChange={(schedule) => { form.setFieldValue('schedule', schedule); }} errors={errors} /></Stack></Section>
    </AppForm>
  );
}
