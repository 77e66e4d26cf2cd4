import { Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { AppForm, Conflict, differencesOf, doneToast, TagsField, useAppForm } from '@/kit';
import { useCampaignTags, type Campaign } from './model';

interface Values extends Record<string, unknown> { name: string; description: string; tags: string[]; goal: string; window_days: number | string; cost: string; currency: string }

const ORDERS = 'orders';
const labels: Record<Exclude<keyof Values, number>, string> = { name: 'Name', description: 'Description', tags: 'Tags', goal: 'What counts as success', window_days: 'Days it counts after the end', cost: 'Cost', currency: 'Currency' };
const valuesOf = (c: Campaign): Values => ({ name: c.name, description: c.description, tags: [...c.tags], goal: c.goal ?? ORDERS, window_days: c.window_days, cost: c.cost ?? '', currency: c.currency ?? 'EUR' });

const check = (v: Values) => ({
  name: v.name.trim() ? null : 'Enter a name for the campaign',
  window_days: Number.isInteger(Number(v.window_days)) && v.window_days !== '' && Number(v.window_days) >= 0 ? null : 'Enter a whole number of days',
  cost: !v.cost.trim() || /^\d+(\.\d+)?$/.test(v.cost.trim()) ? null : 'Enter an amount like 1200 or 1200.50',
  currency: !v.cost.trim() || /^[A-Z]{3}$/.test(v.currency) ? null : 'Enter three capital letters, like EUR',
});

/** Only what was touched: somebody else's change of the rest stays. */
function bodyOf(v: Values, touched: (key: string) => boolean) {
  const money = touched('cost') || (touched('currency') && v.cost.trim() !== '');
  return {
    ...(touched('name') ? { name: v.name.trim() } : {}), ...(touched('description') ? { description: v.description.trim() } : {}), ...(touched('tags') ? { tags: v.tags } : {}),
    ...(touched('goal') ? { goal: v.goal === ORDERS ? null : v.goal } : {}), ...(touched('window_days') ? { window_days: Number(v.window_days) } : {}),
    ...(money ? { cost: v.cost.trim() || null, currency: v.cost.trim() ? v.currency : null } : {}),
  };
}

/** What a campaign is called, what counts as success, and what it costs. Who takes part stays. */
export function DetailsForm({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const tags = useCampaignTags(campaign.database_id);
  const goals = useQuery({ queryKey: ['goals', 'choice', campaign.database_id], queryFn: ({ signal }) => ok(api.GET('/api/v1/goals', { params: { query: { database: campaign.database_id, limit: 1000 } }, signal })) }).data?.items ?? [];
  const form = useAppForm<Values>({ initialValues: valuesOf(campaign), check });
  const f = form.form;
  const [clash, setClash] = useState<Campaign | null>(null);
  const path = { params: { path: { campaign_id: campaign.id } } };
  const [version, setVersion] = useState(campaign.version);
  const save = useAction({
    refresh: [['campaigns']], run: ({ v, at }: { v: Values; at: number }) => ok(api.PATCH('/api/v1/campaigns/{campaign_id}', { ...path, body: { ...bodyOf(v, (key) => f.isDirty(key)), version: at } })),
    onDone: () => { doneToast('Campaign saved'); onClose(); },
  });
  const send = async (v: Values, at: number) => {
    try {
      await save.mutateAsync({ v, at });
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 409 && problem.errors.some((e) => e.pointer === '/version')) setClash(await ok(api.GET('/api/v1/campaigns/{campaign_id}', path)));
      throw error;
    }
  };
  const others = campaign.goal && !goals.some((g) => g.key === campaign.goal) ? [{ value: campaign.goal, label: campaign.goal }] : [];
  return (
    <AppForm state={form} mode="create" saveLabel="Save campaign" onCancel={onClose} onSave={(v) => send(v, version)}>
      {clash && (
        <Conflict words="Somebody else changed this campaign" at={clash.updated_at} differences={differencesOf(valuesOf(clash), f.values, labels)} onClose={() => { setClash(null); }}
          onTheirs={() => { form.reset(valuesOf(clash)); setVersion(clash.version); setClash(null); }}
          onMine={() => { const { version: theirs } = clash; setVersion(theirs); setClash(null); void form.submit((v) => send(v, theirs)); }} />
      )}
      <TextInput label="Name" {...f.getInputProps('name')} />
      <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
      <TagsField description="Words to find it by, up to 20" known={tags.map((t) => t.name)} value={f.values.tags} error={f.errors.tags} onChange={(names) => { f.setFieldValue('tags', names); }} />
      <Select label={labels.goal} description="The report compares both sides by it" allowDeselect={false} searchable data={[{ value: ORDERS, label: 'Orders' }, ...goals.map((g) => ({ value: g.key, label: `Goal: ${g.name}` })), ...others]} {...f.getInputProps('goal')} />
      <NumberInput label={labels.window_days} description="What people do so many days after the campaign counts too" suffix={Number(f.values.window_days) === 1 ? ' day' : ' days'} min={0} max={90} {...f.getInputProps('window_days')} />
      <Group align="flex-start" gap="sm" wrap="nowrap">
        <TextInput label="Cost" description="For cost and return in the report" inputMode="decimal" style={{ flex: 1 }} {...f.getInputProps('cost')} />
        <TextInput label="Currency" description="Three letters" w={120} maxLength={3} {...f.getInputProps('currency')} onChange={(e) => { f.setFieldValue('currency', e.currentTarget.value.toUpperCase()); }} />
      </Group>
    </AppForm>
  );
}
