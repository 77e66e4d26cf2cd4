import { Select, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { channelChoices, useChannels } from '@/channels/model';
import { AppForm, NeedDatabase, NeedRight, Page, paths, Section, useAppForm, useGo, useSearchParam } from '@/kit';
import { KindCards } from './KindCards';
import { isMailingType, type MailingType } from './kinds';
import { useSegments, useTemplates } from './model';

interface Values extends Record<string, unknown> { type: MailingType; channel: string; name: string; segment: string; template: string | null }

const fresh = { description: '', from_email: '', from_name: '', reply_to: '', undo_seconds: 30, track_opens: true, track_clicks: true, rate: 0 } as const;
const crumbs = [{ label: 'Mailings', href: paths.mailings() }];

/** Starts a mailing: what kind, a name, who, what. The rest has good defaults and can be changed after. */
export function MailingNewPage() {
  const database = useDatabase();
  const can = useCan('mailings:create');
  const go = useGo();
  const [type] = useSearchParam('type');
  const segments = useSegments(database?.id) ?? [];
  const templates = useTemplates(database?.id) ?? [];
  const channels = useChannels();
  const wanted = new URLSearchParams(globalThis.location.search).get('segment');
  const form = useAppForm<Values>({
    initialValues: { type: isMailingType(type) ? type : 'broadcast', channel: 'email', name: '', segment: wanted ?? 'all', template: null },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the mailing' }), paths: { segment_id: 'segment', template_id: 'template' },
  });
  const save = useAction({
    refresh: [['mailings']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/mailings', {
      body: { ...fresh, type: v.type, channel: v.type === 'placement' ? 'email' : v.channel, name: v.name.trim(), database_id: database?.id ?? 0, segment_id: v.segment === 'all' ? null : Number(v.segment), template_id: v.template ? Number(v.template) : null }, headers,
    })),
  });
  const placed = form.form.values.type === 'placement';
  if (!can) return <NeedRight title="New mailing" crumbs={crumbs} what="make mailings" right="mailings:create" />;
  if (!database) return <NeedDatabase title="New mailing" crumbs={crumbs} why="A mailing goes to the people of a database." />;
  return (
    <Page title="New mailing" crumbs={crumbs} facts={[`in ${database.name}`]} width="form">
      <AppForm state={form} mode="create" saveLabel="Make mailing" onCancel={() => { go(paths.mailings()); }} onSave={async (v) => { go(paths.mailing((await save.mutateAsync(v)).id)); }}>
        <KindCards value={form.form.values.type} onChange={(chosen) => { form.form.setFieldValue('type', chosen); }} />
        <Section>
          <TextInput label="Name" description="People do not see it" {...form.form.getInputProps('name')} />
          <Select label={placed ? 'Who sees it' : 'Who gets it'} allowDeselect={false} searchable data={[{ value: 'all', label: `Everybody in ${database.name}` }, ...segments.map((s) => ({ value: String(s.id), label: s.name }))]} {...form.form.getInputProps('segment')} />
          {channels.length > 0 && form.form.values.type !== 'placement' && <Select label="Channel" allowDeselect={false} data={channelChoices(channels)} value={form.form.values.channel} onChange={(channel) => { form.form.setFieldValue('channel', channel ?? 'email'); form.form.setFieldValue('template', null); }} />}
          <Select label={placed ? 'Content' : 'Message'} placeholder="Choose a template, or do it later" clearable searchable data={templates.filter((t) => t.channel === (placed ? 'email' : form.form.values.channel)).map((t) => ({ value: String(t.id), label: t.published_version_id ? t.name : `${t.name} (not published)` }))} {...form.form.getInputProps('template')} />
        </Section>
      </AppForm>
    </Page>
  );
}
