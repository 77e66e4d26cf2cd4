import { Alert, Grid, MultiSelect, NumberInput, Stack, Switch, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, formatCount, formatNumber, formatPercent, Loaded, Section, Term, useAppForm } from '@/kit';
import type { Database } from '@/profiles/model';
import type { Schedule } from '../model';
import { isComplete, percentFits, type StratumField } from '../strata/model';
import { StrataEditor } from '../strata/StrataEditor';
import { StrataTable, Warnings } from '../strata/StrataTable';
import type { ControlGroup } from './model';
import { Newcomers } from './Newcomers';
import { activityOf, keyOf, useActivities } from './activities';

interface Values extends Record<string, unknown> { percent: number | string; capped: boolean; cap: number | string; strata: StratumField[]; exceptions: string[]; schedule: Schedule | null }

const DAILY: Schedule = { at: '03:00', weekdays: [] };

function check(v: Values) {
  return {
    percent: percentFits(v.percent) ? null : 'Keep back more than 0 % and less than 100 %',
    cap: v.capped && !(Number(v.cap) >= 1) ? 'Enter how many people at most' : null,
  };
}

function usePlan(databaseId: number, values: Values) {
  const wanted = useMemo(() => ({ percent: Number(values.percent), cap: values.capped && Number(values.cap) >= 1 ? Number(values.cap) : null, strata: values.strata }), [values.percent, values.capped, values.cap, values.strata]);
  const [asked] = useDebouncedValue(wanted, 400);
  const complete = percentFits(asked.percent) && isComplete(asked.strata);
  return useQuery({
    queryKey: ['control-group', databaseId, 'plan', asked], enabled: complete, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/databases/{database_id}/control-group/plan', { params: { path: { database_id: databaseId } }, body: asked, signal })),
  });
}

function Outlook({ databaseId, values }: { databaseId: number; values: Values }) {
  const query = usePlan(databaseId, values);
  return (
    <Section title="What it would be">
      <Loaded query={query} what="the plan">
        {(plan) => (
          <Stack gap="sm">
            <Text><strong>{formatCount(plan.size, 'person', 'people')}</strong> of {formatNumber(plan.people)} would get no messages.</Text>
            {plan.detectable !== null && <Text size="xs" c="dimmed">Where 5 % of people buy, a group of this size shows a difference of {formatPercent(plan.detectable).replace(' %', ' points')} or more in four of five cases. A smaller one may stay unseen.</Text>}
            <Warnings warnings={plan.warnings} />
            {plan.people > 0 ? <StrataTable parts={plan.parts} /> : <Text c="dimmed">Nobody is in this database yet. People are assigned as they come.</Text>}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

/** Makes the control group of a database, or changes it. */
export function GroupForm({ database, group, onSaved, onCancel }: { database: Database; group?: ControlGroup; onSaved: () => void; onCancel?: () => void }) {
  const initial: Values = {
    percent: group?.percent ?? 5, capped: Boolean(group?.cap), cap: group?.cap ?? '', strata: group?.strata ?? [],
    exceptions: group?.exceptions.map(keyOf) ?? [], schedule: group ? group.schedule : DAILY,
  };
  const state = useAppForm<Values>({ initialValues: initial, check });
  const { form } = state;
  const errors = new Map(state.fixes.map((fix) => [`/${fix.path.replaceAll('.', '/')}`, fix.message]));
  const choices = useActivities(database.id, form.values.exceptions);
  const path = { params: { path: { database_id: database.id } } };
  const save = useAction({
    refresh: [['control-group', database.id]],
    run: (v: Values, { headers }) => {
      const body = { percent: Number(v.percent), cap: v.capped ? Number(v.cap) : null, exceptions: v.exceptions.map(activityOf), schedule: v.schedule };
      if (!group) return ok(api.POST('/api/v1/databases/{database_id}/control-group', { ...path, body: { ...body, strata: v.strata }, headers }));
      return ok(api.PATCH('/api/v1/databases/{database_id}/control-group', { ...path, body: { ...body, ...(group.started_at ? {} : { strata: v.strata }), version: group.version } }));
    },
  });
  const fixed = Boolean(group?.started_at);
  const moved = group && fixed && (Number(form.values.percent) !== group.percent || (form.values.capped ? Number(form.values.cap) : null) !== group.cap);
  return (
    <AppForm state={state} mode={group ? 'edit' : 'create'} saveLabel={group ? 'Save control group' : 'Draw control group'} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }} {...(onCancel ? { onCancel } : {})}>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack gap="md">
            <Section title="How many" text="Five percent is a good start: enough to see an effect, few enough to afford.">
              <Stack gap="sm">
                <NumberInput label="Keep back" suffix=" %" min={0} max={100} decimalScale={4} step={0.5} w={160} {...form.getInputProps('percent')} />
                <Switch label="Never more than a fixed number" {...form.getInputProps('capped', { type: 'checkbox' })} />
                {form.values.capped && <NumberInput label="At most" suffix=" people" min={1} thousandSeparator="," w={200} {...form.getInputProps('cap')} />}
                {moved && <Alert color="iris">Counts for people who come from now on. Who is in the group stays, and the report compares the times before and after each for itself.</Alert>}
              </Stack>
            </Section>
            <Section title="Mirror the database" text={<>People are divided into <Term meaning="A part of the database with the same value of every chosen field. Each gives the same share of its people.">strata</Term>; each gives the same share, so that both sides are alike.</>}>
              <StrataEditor fields={database.fields} value={form.values.strata} errors={errors} disabled={fixed} onChange={(strata) => { form.setFieldValue('strata', strata); }} />
              {fixed && <Text size="xs" c="dimmed">Fixed since the members were drawn. To divide otherwise, delete the group and make it again.</Text>}
            </Section>
            <Section title="Exceptions" text="What everybody gets all the same: receipts, warnings, changes of terms.">
              <Stack gap="xs">
                <MultiSelect label="What reaches the group too" searchable nothingFoundMessage="Nothing is called so" clearable placeholder={form.values.exceptions.length === 0 ? 'None' : ''} data={choices} value={form.values.exceptions} onChange={(v) => { form.setFieldValue('exceptions', v); }} error={errors.get('/exceptions')} />
                {group?.started_at && form.values.exceptions.length > group.exceptions.length && <Alert color="marigold">The group gets these from now on, so the report no longer shows what they change.</Alert>}
              </Stack>
            </Section>
            <Section title="Newcomers" text="People who come to the database are written to until they are assigned at a refresh.">
              <Stack gap="sm"><Newcomers schedule={form.values.schedule} zone={database.timezone} onChange={(schedule) => { form.setFieldValue('schedule', schedule); }} errors={errors} /></Stack>
            </Section>
          </Stack>
        </Grid.Col>
        {!fixed && <Grid.Col span={{ base: 12, lg: 6 }}><Outlook databaseId={database.id} values={form.values} /></Grid.Col>}
        {fixed && group && <Grid.Col span={{ base: 12, lg: 6 }}><Section title="Strata as of the last refresh"><Stack gap="sm"><Warnings warnings={group.warnings} /><StrataTable parts={group.parts} /></Stack></Section></Grid.Col>}
      </Grid>
    </AppForm>
  );
}
