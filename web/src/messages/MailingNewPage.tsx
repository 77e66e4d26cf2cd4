import { Select, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, NeedDatabase, NeedRight, Page, paths, Section, useAppForm, useGo } from '@/kit';
import { useSegments, useTemplates } from './model';

interface Values extends Record<string, unknown> { name: string; segment: string; template: string | null }

const fresh = { description: '', type: 'broadcast', from_email: '', from_name: '', reply_to: '', undo_seconds: 30, track_opens: true, track_clicks: true, rate: 0 } as const;

/** Starts a mailing: a name, who, what. The rest has good defaults and can be changed after. */
export function MailingNewPage() {
  const database = useDatabase();
  const can = useCan('mailings:create');
  const go = useGo();
  const segments = useSegments(database?.id) ?? [];
  const templates = useTemplates(database?.id) ?? [];
  const wanted = new URLSearchParams(globalThis.location.search).get('segment');
  const form = useAppForm<Values>({
    initialValues: { name: '', segment: wanted ?? 'all', template: null },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the mailing' }), paths: { segment_id: 'segment', template_id: 'template' },
  });
  const save = useAction({
    refresh: [['mailings']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/mailings', {
      body: { ...fresh, name: v.name.trim(), database_id: database?.id ?? 0, segment_id: v.segment === 'all' ? null : Number(v.segment), template_id: v.template ? Number(v.template) : null }, headers,
    })),
  });
  if (!can) return <NeedRight title="New mailing" crumbs={[{ label: 'Mailings', href: paths.mailings() }]} what="make mailings" right="mailings:create" />;
  if (!database) return <NeedDatabase title="New mailing" crumbs={[{ label: 'Mailings', href: paths.mailings() }]} why="A mailing goes to the people of a database." />;
  return (
    <Page title="New mailing" crumbs={[{ label: 'Mailings', href: paths.mailings() }]} width="form">
      <AppForm state={form} mode="create" saveLabel="Make mailing" onCancel={() => { go(paths.mailings()); }} onSave={async (v) => { go(paths.mailing((await save.mutateAsync(v)).id)); }}>
        <Section title="Broadcast" text="One message, to everybody in a segment, once.">
          <TextInput label="Name" description="People do not see it" {...form.form.getInputProps('name')} />
          <Select label="Who gets it" allowDeselect={false} searchable data={[{ value: 'all', label: `Everybody in ${database.name}` }, ...segments.map((s) => ({ value: String(s.id), label: s.name }))]} {...form.form.getInputProps('segment')} />
          <Select label="Message" placeholder="Choose a template, or do it later" clearable searchable data={templates.map((t) => ({ value: String(t.id), label: t.published_version_id ? t.name : `${t.name} (not published)` }))} {...form.form.getInputProps('template')} />
        </Section>
      </AppForm>
    </Page>
  );
}
