import { Checkbox, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useDatabases } from '@/api/database';
import { AppForm, AppLink, paths, Section, useAppForm } from '@/kit';
import { everybodyOf, fromLocal, toLocal, useSegments, useTemplates, type Mailing } from '../model';
import { PolicySelect } from '../policies/PolicySelect';
import { Checks } from '../Reach';
import { useMailingSave } from '../useMailingSave';
import { placementOf, placementValues, placementWords, useSlots, type PlacementValues } from './model';
import { RuleFields, SlotField } from './PlacementFields';
import { SlotPreview } from './SlotPreview';

interface Values extends Record<string, unknown> {
  name: string; segment_id: string; template_id: string | null; send_at: string; placement: PlacementValues; policy_id: string | null; track_clicks: boolean; utm_source: string; utm_medium: string; utm_campaign: string;
}

const valuesOf = (m: Mailing): Values => ({
  name: m.name, segment_id: m.segment_id ? String(m.segment_id) : 'all', template_id: m.template_id ? String(m.template_id) : null, send_at: toLocal(m.send_at), placement: placementValues(m), policy_id: m.policy_id ? String(m.policy_id) : null,
  track_clicks: m.track_clicks, utm_source: m.utm.source ?? '', utm_medium: m.utm.medium ?? '', utm_campaign: m.utm.campaign ?? '',
});

const bodyOf = (v: Values) => ({
  name: v.name.trim(), segment_id: v.segment_id === 'all' ? null : Number(v.segment_id), template_id: v.template_id ? Number(v.template_id) : null, send_at: fromLocal(v.send_at), placement: placementOf(v.placement), policy_id: v.policy_id ? Number(v.policy_id) : null,
  track_clicks: v.track_clicks, utm: { source: v.utm_source.trim(), medium: v.utm_medium.trim(), campaign: v.utm_campaign.trim(), term: '', content: '' },
});

const labels: Partial<Record<keyof Values & string, string>> = {
  name: 'Name', segment_id: 'Who sees it', template_id: 'Template', send_at: 'Starts at', placement: 'Where and how often', policy_id: 'Frequency policy', track_clicks: 'Count clicks', utm_source: 'utm_source', utm_medium: 'utm_medium', utm_campaign: 'utm_campaign',
};

/** Everything that can be set before a placement is shown. */
export function PlacementSetup({ mailing }: { mailing: Mailing }) {
  const zone = useDatabases()?.find((d) => d.id === mailing.database_id)?.timezone ?? 'UTC';
  const segments = useSegments(mailing.database_id) ?? [];
  const loaded = useTemplates(mailing.database_id);
  const templates = (loaded ?? []).filter((t) => t.channel === 'email');
  const slots = useSlots(mailing.database_id).data?.items ?? [];
  const form = useAppForm<Values>({ initialValues: valuesOf(mailing), check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the placement' }) });
  const named = (key: string, value: unknown) => {
    const of = (items: readonly { id: number; name: string }[]) => items.find((i) => String(i.id) === value)?.name ?? value;
    return key === 'segment_id' ? (value === 'all' ? 'everybody' : of(segments)) : key === 'template_id' ? of(templates) : key === 'placement' ? placementWords(value as PlacementValues, slots) : value;
  };
  const { draftKey, dirty, onSave, conflict } = useMailingSave({ mailing, form, valuesOf, bodyOf, labels, named });
  const input = form.form.getInputProps;
  const { values } = form.form;
  const template = templates.find((t) => String(t.id) === values.template_id);
  return (
    <AppForm state={form} mode="edit" saveLabel="Save mailing" draftKey={draftKey} onSave={onSave}>
      {conflict}
      <SlotField slots={slots} value={values.placement.slot_id} input={input} />
      <Section title="Content">
        <Select label="Template" searchable clearable data={templates.map((t) => ({ value: String(t.id), label: t.published_version_id ? t.name : `${t.name} (not published)` }))} {...input('template_id')}
          description={template ? <AppLink href={paths.template(template.id)}>Open the template</AppLink> : values.template_id && !loaded ? '…' : <>An HTML template, of which the body is shown · <AppLink href={paths.templates()}>Templates</AppLink></>} />
        <SlotPreview mailing={mailing} slot={slots.find((s) => s.id === mailing.placement?.slot_id)} unsaved={dirty} />
      </Section>
      <Section title="Audience">
        <Select label="Who sees it" description="Of them, those who come to your site and are known there" searchable allowDeselect={false} data={[{ value: 'all', label: everybodyOf(mailing) }, ...segments.map((s) => ({ value: String(s.id), label: s.name }))]} {...input('segment_id')} />
      </Section>
      <RuleFields values={values.placement} zone={zone} input={input} />
      <Section title="Counting">
        <TextInput label="Name" {...input('name')} />
        <Checkbox label="Count clicks" {...input('track_clicks', { type: 'checkbox' })} />
        <PolicySelect resourceId={null} {...input('policy_id')} />
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
