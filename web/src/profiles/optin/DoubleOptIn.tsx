import { Alert, Button, Group, NumberInput, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { AppForm, AppLink, doneToast, failToast, Loaded, paths, Section, SumBar, useAppForm } from '@/kit';

type Settings = components['schemas']['DoubleOptInOut'];

interface Values extends Record<string, unknown> { enabled: boolean; template_id: string | null; from_email: string; from_name: string; expires_days: number; daily_limit: number }

const valuesOf = (s: Settings): Values => ({ enabled: s.enabled, template_id: s.template_id === null ? null : String(s.template_id), from_email: s.from_email, from_name: s.from_name, expires_days: s.expires_days, daily_limit: s.daily_limit });

function Figures({ settings }: { settings: Settings }) {
  const { figures, days } = settings;
  if (figures.requested === 0) return <Text c="dimmed">Nobody was asked in the last {days} days</Text>;
  return (
    <SumBar label={`People asked in the last ${days} days`} total={<>{figures.requested} asked in {days} days</>} parts={[
      { label: 'confirmed', value: figures.confirmed, tone: 'moss' }, { label: 'can still confirm', value: figures.waiting, tone: 'iris' },
      { label: 'expired', value: figures.expired, tone: 'marigold' }, { label: 'left before', value: figures.closed },
    ]} />
  );
}

/** Why no mail can go out, and the way to go on once it is put right. */
function Problem({ settings }: { settings: Settings }) {
  const resume = useAction({ refresh: [['resources']], run: (_: undefined, { headers }) => ok(api.POST('/api/v1/resources/{resource_id}/double-opt-in/resume', { params: { path: { resource_id: settings.resource_id } }, headers })) });
  return (
    <Alert color="clay" title={settings.paused ? 'The mails are paused' : 'No mail can go out'}>
      <Stack gap="xs" align="start">
        <Text>{settings.problem}</Text>
        {settings.paused && <Button variant="default" size="xs" loading={resume.isPending} onClick={() => { resume.mutate(undefined, { onSuccess: () => { doneToast('The mails go out again'); }, onError: failToast }); }}>Send them now</Button>}
      </Stack>
    </Alert>
  );
}

function Form({ settings, onSaved, onCancel }: { settings: Settings; onSaved: () => void; onCancel: () => void }) {
  const seesTemplates = useCan('templates:read');
  const templates = useQuery({ queryKey: ['templates', 'all'], enabled: seesTemplates, queryFn: ({ signal }) => ok(api.GET('/api/v1/templates', { params: { query: { limit: 1000 } }, signal })) });
  const form = useAppForm<Values>({ initialValues: valuesOf(settings) });
  const save = useAction({
    refresh: [['resources'], ['templates']],
    run: ({ template_id, ...v }: Values) => ok(api.PATCH('/api/v1/resources/{resource_id}/double-opt-in', { params: { path: { resource_id: settings.resource_id } }, body: { ...v, from_email: v.from_email.trim(), from_name: v.from_name.trim(), ...(template_id ? { template_id: Number(template_id) } : {}) } })),
  });
  const known = (templates.data?.items ?? []).map((t) => ({ value: String(t.id), label: t.name }));
  const own = settings.template_id !== null && !known.some((t) => t.value === String(settings.template_id)) ? [{ value: String(settings.template_id), label: settings.template_name ?? 'Template' }] : [];
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Save double opt-in" onCancel={onCancel} onSave={async (v) => { await save.mutateAsync(v); onSaved(); }}>
      <Switch label="Ask people to confirm by e-mail" description="Whoever becomes unconfirmed gets a mail with a button; only pressing it subscribes them" {...form.form.getInputProps('enabled', { type: 'checkbox' })} />
      <Select label="Mail that asks" placeholder="A ready-made one, for you to edit" description={<>It must hold {'{{ confirm_url }}'} and be published{settings.template_id !== null && <> · <AppLink href={paths.template(settings.template_id)}>edit it</AppLink></>}</>} data={[...own, ...known]} searchable {...form.form.getInputProps('template_id')} />
      <Group grow align="start">
        <NumberInput label="Days to confirm" min={1} max={90} allowDecimal={false} {...form.form.getInputProps('expires_days')} />
        <NumberInput label="Mails a day at most" description="To one address" min={1} max={20} allowDecimal={false} inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.form.getInputProps('daily_limit')} />
      </Group>
      <TextInput label="Sender address" placeholder="The one of the settings" {...form.form.getInputProps('from_email')} />
      <TextInput label="Sender name" placeholder="The name of the resource" {...form.form.getInputProps('from_name')} />
    </AppForm>
  );
}

/** How a resource asks for confirmation, and what came of it. */
export function DoubleOptIn({ resourceId, onClose }: { resourceId: number; onClose: () => void }) {
  const query = useQuery({ queryKey: ['resources', resourceId, 'double-opt-in'], queryFn: ({ signal }) => ok(api.GET('/api/v1/resources/{resource_id}/double-opt-in', { params: { path: { resource_id: resourceId } }, signal })) });
  return (
    <Loaded query={query} what="double opt-in">
      {(settings) => (
        <Stack gap="lg">
          <Section title="What came of it"><Figures settings={settings} /></Section>
          {settings.problem && <Problem settings={settings} />}
          <Form settings={settings} onCancel={onClose} onSaved={() => { doneToast('Double opt-in saved'); onClose(); }} />
        </Stack>
      )}
    </Loaded>
  );
}
