import { Select, Stack, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useChooseDatabase, useDatabase, useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, NeedDatabase, NeedRight, Page, paths, Section, useAppForm, useGo } from '@/kit';
import { AudienceFields } from './AudienceFields';
import type { Audience } from './model';

interface Values extends Record<string, unknown> { database: string; name: string; description: string; external_id: string; audience: Audience; segment: string | null }

const crumbs = [{ label: 'Loyalty programs', href: paths.programs() }];
const check = (v: Values) => ({
  name: v.name.trim() ? null : 'Enter a name for the program',
  segment: v.audience !== 'segment' || v.segment ? null : 'Choose the segment whose people are members',
  external_id: !v.external_id.trim() || /^[a-z][a-z0-9_]*$/.test(v.external_id.trim()) ? null : 'Small letters, digits and _, beginning with a letter',
});

/** Begins a program: for which database, and who its members are. Points and levels come on its page. */
export function ProgramNewPage() {
  const here = useDatabase(), databases = useDatabases() ?? [];
  const choose = useChooseDatabase();
  const can = useCan('loyalty:create');
  const go = useGo();
  const form = useAppForm<Values>({ initialValues: { database: '', name: '', description: '', external_id: '', audience: 'everybody', segment: null }, check, paths: { database_id: 'database', segment_id: 'segment' } });
  const { values } = form.form;
  const database = databases.find((d) => String(d.id) === values.database) ?? here;
  const save = useAction({
    refresh: [['programs']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/loyalty/programs', {
      body: {
        name: v.name.trim(), description: v.description.trim(), database_id: database?.id ?? 0, audience: v.audience,
        segment_id: v.audience === 'segment' && v.segment ? Number(v.segment) : null, external_id: v.external_id.trim() || null,
      }, headers,
    })),
  });
  if (!can) return <NeedRight title="New program" crumbs={crumbs} what="make loyalty programs" right="loyalty:create" />;
  if (!database) return <NeedDatabase title="New program" crumbs={crumbs} why="Members of a program are profiles of a database." />;
  return (
    <Page title="New program" crumbs={crumbs} facts={[databases.length === 1 && `in ${database.name}`]} width="form"
      help={{ text: 'The database stays as it is chosen here. Points, levels and promotions come next; nobody is a member before the program is activated.', guide: 'loyalty' }}>
      <AppForm state={form} mode="create" saveLabel="Make program" draftKey="program.new" onCancel={() => { go(paths.programs()); }}
        onSave={async (v) => { const made = await save.mutateAsync(v); choose(made.database_id); go(paths.program(made.id)); }}>
        <Section title="What it is called">
          <Stack gap="sm">
            <TextInput label="Name" description="Members may see it, in messages for example" {...form.form.getInputProps('name')} />
            <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
            <TextInput label="Key" description="How rules, templates and the API name it; made of the name if empty, and never changed" {...form.form.getInputProps('external_id')} />
          </Stack>
        </Section>
        <Section title="Who takes part" text="The database cannot be changed later; who the members are can.">
          <Stack gap="sm">
            {databases.length > 1 && <Select label="Database" allowDeselect={false} data={databases.map((d) => ({ value: String(d.id), label: d.name }))} value={String(database.id)} onChange={(id) => { form.form.setFieldValue('database', id ?? ''); form.form.setFieldValue('segment', null); }} />}
            <AudienceFields databaseId={database.id} audience={values.audience} segment={values.segment} error={typeof form.form.errors.segment === 'string' ? form.form.errors.segment : undefined}
              onAudience={(audience) => { form.form.setFieldValue('audience', audience); }} onSegment={(id) => { form.form.setFieldValue('segment', id); form.form.clearFieldError('segment'); }} />
          </Stack>
        </Section>
      </AppForm>
    </Page>
  );
}
