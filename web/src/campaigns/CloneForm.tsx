import { Checkbox, Select, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, formatCount, paths, useAppForm, useGo } from '@/kit';
import type { Campaign } from './model';

interface Values extends Record<string, unknown> { name: string; segment: string; activities: boolean }

/** Makes a draft like this campaign, for the same list or another. */
export function CloneForm({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const go = useGo();
  const lists = useQuery({
    queryKey: ['segments', 'choice', campaign.database_id, 'static'],
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: campaign.database_id, type: 'static', limit: 1000, sort: 'name' } }, signal })),
  }).data?.items ?? [];
  const form = useAppForm<Values>({
    initialValues: { name: `${campaign.name} (copy)`, segment: String(campaign.segment_id), activities: true },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the copy' }), paths: { segment_id: 'segment' },
  });
  const clone = useAction({
    refresh: [['campaigns'], ['mailings']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/clone', { params: { path: { campaign_id: campaign.id } }, body: { name: v.name.trim(), segment_id: Number(v.segment), activities: v.activities }, headers })),
    onDone: (made) => { doneToast(`${made.name} made`); go(paths.campaign(made.id)); },
  });
  const choices = lists.some((s) => s.id === campaign.segment_id) ? lists : [{ id: campaign.segment_id, name: campaign.segment_name, size: null }, ...lists];
  return (
    <AppForm state={form} mode="create" saveLabel="Clone campaign" onCancel={onClose} onSave={(v) => clone.mutateAsync(v)}>
      <TextInput label="Name" {...form.form.getInputProps('name')} />
      <Select label="Who takes part" description="A static list; it stays as it is chosen here" searchable allowDeselect={false} data={choices.map((s) => ({ value: String(s.id), label: s.size === null ? s.name : `${s.name} · ${formatCount(s.size, 'person', 'people')}` }))} {...form.form.getInputProps('segment')} />
      <Checkbox label="Copy its mailings too" description="As drafts, with what they widen; nothing is started" {...form.form.getInputProps('activities', { type: 'checkbox' })} disabled={campaign.activities === 0} />
      <Text size="xs" c="dimmed">The copy is a draft with the same settings of the control group. Who is kept back is drawn anew when it starts.</Text>
    </AppForm>
  );
}
