import { Alert, Checkbox, NumberInput, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, Section, useAppForm } from '@/kit';
import type { Database } from '../../model';
import { OptionsForm } from '../Columns';
import { FormatPanel } from './FormatPanel';
import { bodyOf, check, sourceOf, valuesOf, type Scheduled, type Values } from './model';
import { SourceFields } from './SourceFields';
import { TestPanel } from './TestPanel';
import { WhenFields } from './WhenFields';

function useSegments(databaseId: number) {
  return useQuery({ queryKey: ['segments', 'static-of', databaseId], queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: databaseId, type: 'static', limit: 1000 } }, signal })) }).data?.items ?? [];
}

/** Makes a scheduled import, or changes one. */
export function ScheduleForm({ database, item, onSaved, onCancel }: { database: Database; item?: Scheduled; onSaved: (saved: Scheduled) => void; onCancel?: () => void }) {
  const state = useAppForm<Values>({ initialValues: valuesOf(item ?? null), check, paths: { 'target.segment': 'segment' } });
  const { form } = state;
  const values = form.values;
  const errors = new Map(state.fixes.map((fix) => [`/${fix.path.replaceAll('.', '/')}`, fix.message]));
  const segments = useSegments(database.id);
  const choices = segments.map((s) => ({ value: String(s.id), label: s.name }));
  if (item?.target && !segments.some((s) => s.id === item.target?.segment)) choices.push({ value: String(item.target.segment), label: item.target.name ?? 'A segment that is gone' });
  const test = useAction({
    run: (v: Values) => ok(api.POST('/api/v1/databases/{database_id}/import-schedules/test', {
      params: { path: { database_id: database.id } }, body: { source: sourceOf(v.source), ...(v.secret ? { secret: v.secret } : {}), import_schedule: item?.id ?? null, format: v.source.kind === 'sql' ? null : v.format, options: v.options },
    })),
    onDone: (sample) => {
      const known = new Set(values.mapping.map((m) => m.column));
      if (sample.preview && !sample.columns.some((c) => known.has(c))) form.setFieldValue('mapping', sample.preview.mapping);
    },
  });
  const save = useAction({
    refresh: [['import-schedules'], ['databases']],
    run: (v: Values, { headers }) => {
      const body = { ...bodyOf(v), ...(v.secret ? { secret: v.secret } : {}) };
      if (!item) return ok(api.POST('/api/v1/databases/{database_id}/import-schedules', { params: { path: { database_id: database.id } }, body, headers }));
      return ok(api.PATCH('/api/v1/import-schedules/{schedule_id}', { params: { path: { schedule_id: item.id } }, body: { ...body, version: item.version } }));
    },
  });
  return (
    <AppForm state={state} mode={item ? 'edit' : 'create'} saveLabel={item ? 'Save scheduled import' : 'Create scheduled import'} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }} {...(onCancel ? { onCancel } : {})}>
      <Section><TextInput label="Name" placeholder="Customers of the shop" maw={420} {...form.getInputProps('name')} /></Section>
      <SourceFields state={state} stored={item?.secret_set ?? false} />
      <FormatPanel values={values} sample={test.data} errors={errors} onChange={(format) => { form.setFieldValue('format', format); }} />
      <TestPanel values={values} database={database} sample={test.data} problem={test.error} busy={test.isPending} missing={errors.get('/mapping')} onTest={() => { test.mutate(values); }} onMapping={(mapping) => { form.setFieldValue('mapping', mapping); }} />
      <OptionsForm database={database} options={values.options} onChange={(options) => { form.setFieldValue('options', options); }} />
      <Section title="When">
        <Stack gap="sm" maw={420}><WhenFields when={values.schedule} zone={database.timezone} onChange={(schedule) => { form.setFieldValue('schedule', schedule); }} errors={errors} /></Stack>
      </Section>
      <Section title="Afterwards">
        <Stack gap="md">
          <Select label="Put the people into a static segment" placeholder="No segment" clearable searchable maw={420} data={choices} {...form.getInputProps('segment')} />
          {values.segment && (
            <>
              <Radio.Group label="Who is in it already" {...form.getInputProps('mode')}>
                <Stack gap={6} mt={6}><Radio value="add" label="Stays; new people are added" /><Radio value="replace" label="Leaves, unless the source names them" /></Stack>
              </Radio.Group>
              {values.mode === 'replace' && <Alert color="iris">The segment then always holds exactly the people of the last run. A run in which no row is about anybody leaves it as it is.</Alert>}
              <Checkbox label="Nothing is started by entering or leaving: no triggers" {...form.getInputProps('skip_triggers', { type: 'checkbox' })} />
            </>
          )}
          <Checkbox label="Skip a run when the source has not changed since the last import" {...form.getInputProps('skip_unchanged', { type: 'checkbox' })} />
          <NumberInput label="Give up after" description="Then it switches itself off and says so" suffix=" failures in a row" min={1} max={100} allowDecimal={false} maw={280} {...form.getInputProps('stop_after')} />
        </Stack>
      </Section>
    </AppForm>
  );
}
