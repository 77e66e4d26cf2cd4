import { Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, Details, doneToast, Section, Time, useAppForm } from '@/kit';
import { AudienceFields } from './AudienceFields';
import { audienceWords, type Audience, type Program } from './model';

interface Values extends Record<string, unknown> { name: string; description: string; audience: Audience; segment: string | null; claw_back: Program['claw_back'] }

const valuesOf = (p: Program): Values => ({ name: p.name, description: p.description, audience: p.audience, segment: p.segment_id === null ? null : String(p.segment_id), claw_back: p.claw_back });
const takings: { value: Program['claw_back']; label: string }[] = [
  { value: 'allow_negative', label: 'The member owes them: the next points repay it' },
  { value: 'floor_zero', label: 'Only what is left is taken back' },
  { value: 'only_pending', label: 'Only what could not be spent yet is taken back' },
];
const check = (v: Values) => ({ name: v.name.trim() ? null : 'Enter a name for the program', segment: v.audience !== 'segment' || v.segment ? null : 'Choose the segment whose people are members' });

/** What the program is called, who takes part, and what happens when points are taken back. */
export function SettingsTab({ program }: { program: Program }) {
  const can = useCan('loyalty:update') && program.state !== 'archived';
  const [version, setVersion] = useState(program.version);
  const form = useAppForm<Values>({ initialValues: valuesOf(program), check, paths: { segment_id: 'segment' } });
  const f = form.form;
  const save = useAction({
    refresh: [['programs']],
    run: (v: Values) => ok(api.PATCH('/api/v1/loyalty/programs/{program_id}', {
      params: { path: { program_id: program.id } },
      body: { name: v.name.trim(), description: v.description.trim(), audience: v.audience, segment_id: v.audience === 'segment' ? Number(v.segment) : null, claw_back: v.claw_back, version },
    })),
    onDone: (saved) => { setVersion(saved.version); form.reset(valuesOf(saved)); doneToast('Program saved'); },
  });
  const fixed = (
    <Section title="Fixed">
      <Details items={[
        ['Database', program.database_name], ['Time zone', program.timezone], ['Key', program.external_id],
        ['Made', <Time key="c" value={program.created_at} mode="absolute" zone={program.timezone} />], ['Activated', <Time key="a" value={program.activated_at} mode="absolute" zone={program.timezone} none="never" />],
      ]} />
    </Section>
  );
  if (!can) {
    return (
      <Stack gap="md">
        <Section title="Settings"><Details items={[['Name', program.name], ['Description', program.description], ['Members', audienceWords(program)], ['Points taken back', takings.find((t) => t.value === program.claw_back)?.label]]} /></Section>
        {fixed}
      </Stack>
    );
  }
  return (
    <AppForm state={form} mode="edit" saveLabel="Save program" draftKey={`program.${program.id}`} onSave={(v) => save.mutateAsync(v)}>
      <Section title="What it is called">
        <Stack gap="sm">
          <TextInput label="Name" {...f.getInputProps('name')} />
          <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
        </Stack>
      </Section>
      <Section title="Who takes part" text="Nobody leaves because of a change here. Whom the new choice allows is let in at once.">
        <AudienceFields databaseId={program.database_id} audience={f.values.audience} segment={f.values.segment} error={typeof f.errors.segment === 'string' ? f.errors.segment : undefined}
          onAudience={(audience) => { f.setFieldValue('audience', audience); }} onSegment={(id) => { f.setFieldValue('segment', id); f.clearFieldError('segment'); }} />
      </Section>
      <Section title="When something is sent back" text="Points earned with what is returned are taken back. What if they are spent already?">
        <Radio.Group aria-label="Points that are spent already" {...f.getInputProps('claw_back')}>
          <Stack gap={6}>{takings.map((t) => <Radio key={t.value} value={t.value} label={t.label} />)}</Stack>
        </Radio.Group>
      </Section>
      {fixed}
    </AppForm>
  );
}
