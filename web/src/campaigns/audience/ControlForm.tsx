import { Alert, Grid, NumberInput, Stack, Switch, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, formatCount, formatNumber, Loaded, Section, Term, useAppForm } from '@/kit';
import type { Database } from '@/profiles/model';
import { percentFits, type StratumField } from '@/segments/strata/model';
import { StrataEditor } from '@/segments/strata/StrataEditor';
import { StrataTable, Warnings } from '@/segments/strata/StrataTable';
import type { Campaign } from '../model';
import { Exempt } from './Exempt';
import { usePower } from './model';
import { firstGuess, PowerHint, supposedOf } from './PowerHint';
import { Standing } from './Standing';

interface Values extends Record<string, unknown> { percent: number | string; capped: boolean; cap: number | string; strata: StratumField[] }

const check = (v: Values) => ({
  percent: percentFits(v.percent) ? null : 'Keep back more than 0 % and less than 100 %',
  cap: v.capped && !(Number(v.cap) >= 1) ? 'Enter how many people at most' : null,
});
const capOf = (v: Values) => (v.capped && Number(v.cap) >= 1 ? Number(v.cap) : null);

/** What the group would be with these settings, while they are typed. */
function Outlook({ campaign, values }: { campaign: Campaign; values: Values }) {
  const [guess, setGuess] = useState(firstGuess);
  const query = usePower(campaign, { percent: values.percent, cap: capOf(values), strata: values.strata }, supposedOf(guess));
  return (
    <Section title="What it would be">
      <Loaded query={query} what="what it would be">
        {(plan) => (
          <Stack gap="sm">
            {plan.people === 0 ? <Text c="dimmed">Nobody is on the list yet. People get their side as they come.</Text> : (
              <>
                <Text><strong>{formatCount(plan.control, 'person', 'people')}</strong> of {formatNumber(plan.people)} would be kept back.</Text>
                <PowerHint plan={plan} guess={guess} onGuess={setGuess} />
                <Warnings warnings={plan.warnings} />
                <StrataTable parts={plan.parts} label="Strata as they would be" />
              </>
            )}
            <Text size="xs" c="dimmed">Everybody gets a side once and for good; newcomers keep the balance.</Text>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

/** Who is in already has no side: what it would be of those who come. */
function Newcomers({ values }: { values: Values }) {
  const cap = capOf(values), of = 1000, share = Math.round(of * Number(values.percent) / 100);
  if (!percentFits(values.percent)) return null;
  return (
    <Section title="What it would be">
      <Stack gap="sm">
        <Text>Nobody at first. Of every {formatNumber(of)} people who come in from now on, about <strong>{formatNumber(share)}</strong> would be kept back{cap === null ? '' : `, until there are ${formatNumber(cap)}`}.</Text>
        <Text size="xs" c="dimmed">The report compares them with the other newcomers, so it can tell something once enough have come in.</Text>
      </Stack>
    </Section>
  );
}

/** Makes the control group of a campaign, or changes it. */
export function ControlForm({ campaign, database, onSaved, onCancel, footer }: { campaign: Campaign; database: Database; onSaved: () => void; onCancel?: () => void; footer?: ReactNode }) {
  const { control } = campaign, draft = campaign.state === 'draft';
  const state = useAppForm<Values>({ initialValues: { percent: control?.percent ?? 5, capped: Boolean(control?.cap), cap: control?.cap ?? '', strata: control?.strata ?? [] }, check });
  const { form } = state;
  const errors = new Map(state.fixes.map((fix) => [`/${fix.path.replaceAll('.', '/')}`, fix.message]));
  const save = useAction({
    refresh: [['campaigns']],
    run: (v: Values) => ok(api.PUT('/api/v1/campaigns/{campaign_id}/control', { params: { path: { campaign_id: campaign.id } }, body: { percent: Number(v.percent), cap: capOf(v), strata: v.strata, version: campaign.version } })),
  });
  const fixed = (control?.size ?? 0) > 0;
  const moved = control !== null && !draft && (Number(form.values.percent) !== control.percent || capOf(form.values) !== control.cap);
  const keeps = percentFits(form.values.percent) ? `Keep back ${formatNumber(form.values.percent)} %` : 'Keep back people';
  return (
    <AppForm state={state} mode={control ? 'edit' : 'create'} saveLabel={control ? 'Save control group' : draft ? keeps : `${keeps} of newcomers`} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }} {...(onCancel ? { onCancel } : {})}>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Section title="Control group" text={<>People of the audience who get nothing of the campaign, so that you see what it changes. Drawn at random in equal shares of each <Term meaning="A part of the audience with the same value of every chosen field. Each gives the same share of its people.">stratum</Term>.</>}>
            <Stack gap="sm">
              {!draft && !control && <Alert color="iris" title="Only newcomers can be kept back">The {formatCount(campaign.audience, 'person', 'people')} who are in already may have got something, so they stay in the test group. Who comes in from now on gets a side.</Alert>}
              <NumberInput label="Keep back" suffix=" %" min={0} max={100} decimalScale={4} step={0.5} w={160} {...form.getInputProps('percent')} />
              <Switch label="Never more than a fixed number" {...form.getInputProps('capped', { type: 'checkbox' })} />
              {form.values.capped && <NumberInput label="At most" suffix=" people" min={1} allowDecimal={false} thousandSeparator="," w={200} {...form.getInputProps('cap')} />}
              {moved && <Alert color="iris">Counts for people who come in from now on. Who has a side keeps it, and the report compares the times before and after each for itself.</Alert>}
              <Text fw={550}>Balanced by</Text>
              <StrataEditor fields={database.fields} value={form.values.strata} errors={errors} disabled={fixed} onChange={(strata) => { form.setFieldValue('strata', strata); }} />
              {fixed && <Text size="xs" c="dimmed">Fixed since somebody is kept back. To divide otherwise, remove the control group and make it again.</Text>}
              <Exempt campaign={campaign} />
              {footer && <div>{footer}</div>}
            </Stack>
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}>{draft ? <Outlook campaign={campaign} values={form.values} /> : control ? <Standing campaign={campaign} /> : <Newcomers values={form.values} />}</Grid.Col>
      </Grid>
    </AppForm>
  );
}
