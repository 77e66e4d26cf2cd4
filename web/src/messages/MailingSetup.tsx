import { Button, Checkbox, Group, MultiSelect, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { AppForm, AppLink, paths, Section, useAppForm } from '@/kit';
import { MailingMessage } from '@/channels/content/MessagePreview';
import { channelChoices, channelName, useChannels, useChannelsComing } from '@/channels/model';
import { mailingKind } from './kinds';
import { everybodyOf, fromLocal, toLocal, useSegments, useTemplates, type Mailing } from './model';
import { PolicySelect } from './policies/PolicySelect';
import { SenderSelect } from './senders/SenderSelect';
import { Checks } from './Reach';
import { LaunchFields } from './recurring/LaunchFields';
import { launchWords, type LaunchSchedule } from './recurring/model';
import { useMailingSave } from './useMailingSave';
import { TimingFields } from './timing/TimingFields';
import { timingWords, type Timing } from './timing/model';
import { TriggerList } from './trigger/TriggerList';
import { checkSplit, emptyVariant, splitOf, splitValues, type SplitValues, type VariantValues } from './variants/model';
import { TestSettings } from './variants/TestSettings';
import { Variants } from './variants/Variants';

interface Values extends Record<string, unknown> {
  name: string; segment_id: string; resource_id: string | null; suppression_lists: string[]; channel: string; template_id: string | null; from_name: string; from_email: string; reply_to: string;
  send_at: string; track_opens: boolean; track_clicks: boolean; rate: number; policy_id: string | null; virtual_sender_id: string | null; split: SplitValues; triggers: Mailing['triggers']; timing: Timing; schedule: LaunchSchedule | null; utm_source: string; utm_medium: string; utm_campaign: string;
}

const valuesOf = (m: Mailing): Values => ({
  name: m.name, segment_id: m.segment_id ? String(m.segment_id) : 'all', resource_id: m.resource_id ? String(m.resource_id) : null, suppression_lists: m.suppression_lists.map(String), channel: m.channel, template_id: m.template_id ? String(m.template_id) : null,
  from_name: m.from_name, from_email: m.from_email, reply_to: m.reply_to, send_at: toLocal(m.send_at), track_opens: m.track_opens, track_clicks: m.track_clicks, rate: m.rate, policy_id: m.policy_id ? String(m.policy_id) : null, virtual_sender_id: m.virtual_sender_id ? String(m.virtual_sender_id) : null,
  split: splitValues(m), triggers: m.triggers, timing: m.timing, schedule: m.schedule, utm_source: m.utm.source ?? '', utm_medium: m.utm.medium ?? '', utm_campaign: m.utm.campaign ?? '',
});

const bodyOf = (v: Values, type: Mailing['type']) => ({
  name: v.name.trim(), segment_id: v.segment_id === 'all' ? null : Number(v.segment_id), resource_id: v.resource_id ? Number(v.resource_id) : null, suppression_lists: v.suppression_lists.map(Number), channel: v.channel, template_id: v.template_id ? Number(v.template_id) : null,
  from_name: v.from_name.trim(), from_email: v.from_email.trim(), reply_to: v.reply_to.trim(), send_at: fromLocal(v.send_at), track_opens: v.track_opens, track_clicks: v.track_clicks, rate: v.rate, policy_id: v.policy_id ? Number(v.policy_id) : null, virtual_sender_id: v.virtual_sender_id ? Number(v.virtual_sender_id) : null,
  split: splitOf(v.split, type), triggers: v.triggers, timing: v.timing, ...(type === 'recurring' ? { schedule: v.schedule } : {}), utm: { source: v.utm_source.trim(), medium: v.utm_medium.trim(), campaign: v.utm_campaign.trim(), term: '', content: '' },
});

const check = (v: Values, type: Mailing['type']) => ({
  ...checkSplit(v.split, type),
  name: v.name.trim() ? null : 'Enter a name for the mailing',
  from_email: !v.from_email.trim() || /^\S+@\S+$/.test(v.from_email.trim()) ? null : 'Enter an e-mail address, like hello@shop.example',
});

const labels: Partial<Record<keyof Values & string, string>> = {
  name: 'Name', segment_id: 'Who gets it', resource_id: 'Resource', suppression_lists: 'Stop lists', channel: 'Channel', template_id: 'Template', from_name: 'From, name', from_email: 'From, address', reply_to: 'Replies go to', send_at: 'Send at',
  track_opens: 'Count opens', track_clicks: 'Count clicks', rate: 'Messages a second, at most', policy_id: 'Frequency policy', virtual_sender_id: 'Virtual sender', split: 'Variants', triggers: 'When', timing: 'When it reaches people', schedule: 'Schedule', utm_source: 'utm_source', utm_medium: 'utm_medium', utm_campaign: 'utm_campaign',
};

/** Everything that can be set before a mailing is sent. */
export function MailingSetup({ mailing }: { mailing: Mailing }) {
  const zone = useDatabases()?.find((d) => d.id === mailing.database_id)?.timezone;
  const segments = useSegments(mailing.database_id) ?? [];
  const loaded = useTemplates(mailing.database_id), everyTemplate = loaded ?? [];
  const channels = useChannels(), coming = useChannelsComing();
  const resources = useQuery({ queryKey: ['resources', 'all'], queryFn: ({ signal }) => ok(api.GET('/api/v1/resources', { params: { query: { limit: 1000 } }, signal })) }).data?.items ?? [];
  const lists = useQuery({ queryKey: ['suppression-lists', 'all'], queryFn: ({ signal }) => ok(api.GET('/api/v1/suppression-lists', { params: { query: { limit: 1000 } }, signal })) }).data?.items ?? [];
  const form = useAppForm<Values>({ initialValues: valuesOf(mailing), check: (v) => check(v, mailing.type) });
  const { channel } = form.form.values, mails = channel === 'email';
  const templates = everyTemplate.filter((t) => t.channel === channel);
  const named = (key: string, value: unknown) => {
    const of = (items: readonly { id: number; name: string }[]) => items.find((i) => String(i.id) === value)?.name ?? value;
    return key === 'segment_id' ? (value === 'all' ? 'everybody' : of(segments)) : key === 'template_id' ? of(everyTemplate) : key === 'channel' ? channelName(String(value), channels) : key === 'resource_id' ? of(resources) : key === 'timing' ? timingWords(value as Timing) || 'at once' : key === 'schedule' ? launchWords(value as LaunchSchedule | null, zone ?? 'UTC') : value;
  };
  const { draftKey, dirty, onSave, conflict } = useMailingSave({ mailing, form, valuesOf, bodyOf: (v) => bodyOf(v, mailing.type), labels, named });
  const input = form.form.getInputProps;
  const errors = new Map(form.fixes.map((fix) => [`/${fix.path.replaceAll('.', '/')}`, fix.message]));
  const setChannel = (next: string | null) => {
    if (!next || next === channel) return;
    const { split } = form.form.values; // templates belong to one channel
    form.form.setValues({ channel: next, template_id: null, split: { ...split, variants: split.variants.map((v) => ({ ...v, template_id: null, subject: '', from_name: '' })) } });
  };
  const setVariants = (variants: VariantValues[]) => { form.form.setFieldValue('split', { ...form.form.values.split, variants }); };
  const chosen = form.form.values.template_id, template = templates.find((t) => String(t.id) === chosen);
  return (
    <AppForm state={form} mode="edit" saveLabel="Save mailing" draftKey={draftKey} onSave={onSave}>
      {conflict}
      {mailing.type === 'trigger' && <TriggerList mailingId={mailing.id} databaseId={mailing.database_id} value={form.form.values.triggers} errors={form.form.errors} onChange={(next) => { form.form.setFieldValue('triggers', next); }} />}
      <Section title="Audience">
        <Select label="Who gets it" searchable allowDeselect={false} {...(mailing.type === 'trigger' ? { description: 'Of those it happens to, only people who are in this segment at that moment' } : mailing.campaign_id === null ? {} : { description: 'Of them only people of the campaign, without those it keeps back' })} data={[{ value: 'all', label: everybodyOf(mailing) }, ...segments.map((s) => ({ value: String(s.id), label: s.name }))]} {...input('segment_id')} />
        <Select label="Resource" description="Only people subscribed to it get the mailing; leaving means leaving this resource" clearable data={resources.map((r) => ({ value: String(r.id), label: r.name }))} {...input('resource_id')} />
        <MultiSelect label="Stop lists" description="Beside the global one and the hard bounces, which every mailing obeys" data={lists.filter((l) => !l.is_builtin).map((l) => ({ value: String(l.id), label: l.name }))} {...input('suppression_lists')} />
      </Section>
      <Section title="Message">
        {(channels.length > 0 || !mails) && <Select label="Channel" allowDeselect={false} data={channels.some((c) => c.key === channel) || mails ? channelChoices(channels) : [...channelChoices(channels), { value: channel, label: coming ? '…' : `${channel} (archived)` }]} {...input('channel')} onChange={setChannel} />}
        {form.form.values.split.variants.length === 0 && <Select label="Template" searchable clearable data={templates.map((t) => ({ value: String(t.id), label: t.published_version_id ? t.name : `${t.name} (not published)` }))} {...input('template_id')}
          description={template ? <>{mails && `Subject: ${template.subject || 'none yet'} · `}<AppLink href={paths.template(template.id)}>Open the template</AppLink></> : chosen && !loaded ? '…' : <AppLink href={paths.templates()}>Templates</AppLink>} />}
        {form.form.values.split.variants.length === 0 && <div><Button variant="subtle" onClick={() => { setVariants([{ ...emptyVariant, template_id: form.form.values.template_id }, { ...emptyVariant }]); }}>Use several templates…</Button></div>}
        {mails && <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          <TextInput label="From, name" description="What people see as the sender" {...input('from_name')} />
          <TextInput label="From, address" type="email" description="The installation's own when empty" {...input('from_email')} />
        </SimpleGrid>}
        {mails ? <TextInput label="Replies go to" type="email" {...input('reply_to')} />
          : mailing.channel === channel && String(mailing.template_id) === form.form.values.template_id && <MailingMessage mailing={mailing} />}
      </Section>
      {form.form.values.split.variants.length > 0 && <Variants mailing={mailing} templates={templates} mails={mails} unsaved={dirty} form={{ variants: form.form.values.split.variants, input, set: setVariants }} />}
      {mailing.type === 'multivariate' && <TestSettings mailing={mailing} test={form.form.values.split.test} input={input} unsaved={dirty} />}
      {mailing.type === 'recurring' && <Section title="Schedule"><LaunchFields schedule={form.form.values.schedule} zone={zone ?? 'UTC'} databaseId={mailing.database_id} errors={errors} onChange={(schedule) => { form.form.setFieldValue('schedule', schedule); }} /></Section>}
      <Section title="When it reaches people"><TimingFields timing={form.form.values.timing} zone={zone ?? 'UTC'} errors={errors} onlyQuiet={mailing.type === 'trigger'} onChange={(timing) => { form.form.setFieldValue('timing', timing); }} /></Section>
      <Section title="Sending">
        <TextInput label="Name" {...input('name')} />
        {!mailingKind(mailing.type).lasting && <TextInput label="Send at" type="datetime-local" description={`In your own time zone; the days of the database are in ${zone ?? 'UTC'}. Empty: when you press Send.`} {...input('send_at')} />}
        <Group><Checkbox label="Count opens" {...input('track_opens', { type: 'checkbox' })} /><Checkbox label="Count clicks" {...input('track_clicks', { type: 'checkbox' })} /></Group>
        <NumberInput label={`${mails ? 'Mails' : 'Messages'} a second, at most`} description={mails ? '0 sends as fast as the mail server takes them' : '0 sends as fast as the channel allows'} min={0} {...input('rate')} />
        {mails && <SenderSelect {...input('virtual_sender_id')} />}
        <PolicySelect resourceId={form.form.values.resource_id} {...input('policy_id')} />
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
          <TextInput label="utm_source" {...input('utm_source')} />
          <TextInput label="utm_medium" {...input('utm_medium')} />
          <TextInput label="utm_campaign" {...input('utm_campaign')} />
        </SimpleGrid>
      </Section>
      <Section title="Review"><Stack><Checks mailing={mailing} /></Stack></Section>
    </AppForm>
  );
}
