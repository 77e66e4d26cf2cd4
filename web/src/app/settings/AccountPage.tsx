import { Button, Group, PasswordInput, SegmentedControl, Stack, Switch, Text, useMantineColorScheme } from '@mantine/core';
import { IconMapPin } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { useMe } from '@/api/session';
import { AppForm, Details, doneToast, failToast, Loaded, Page, Section, setSingleKeys, singleKeys, SkeletonText, Time, ToneBadge, useAppForm } from '@/kit';
import { device } from './device';
import { useRoleChoices, useRoles } from './useRoles';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

const blank = { current: '', password: '', repeat: '' };

function PasswordForm() {
  const form = useAppForm({
    initialValues: blank,
    check: (v) => ({
      current: v.current ? null : 'Enter your present password',
      password: v.password.length >= 10 ? null : 'Use at least 10 characters; a few words in a row work well',
      repeat: v.repeat === v.password ? null : 'The two new passwords differ',
    }),
  });
  const change = useAction({ run: ({ current, password }: typeof blank, { headers }) => ok(api.POST('/api/v1/auth/password', { body: { current, password }, headers })) });
  return (
    <AppForm state={form} mode="create" saveLabel="Change password" onSave={async (values) => {
      await change.mutateAsync(values);
      form.reset(blank);
      doneToast('Password changed. Every other place was signed out');
    }}>
      <PasswordInput label="Present password" autoComplete="current-password" {...form.form.getInputProps('current')} />
      <PasswordInput label="New password" description="At least 10 characters. Every other place is signed out." autoComplete="new-password" {...form.form.getInputProps('password')} />
      <PasswordInput label="New password again" autoComplete="new-password" {...form.form.getInputProps('repeat')} />
    </AppForm>
  );
}

type Session = components['schemas']['SessionOut'];

function Sessions() {
  const query = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => ok(api.GET('/api/v1/auth/sessions', { signal })) });
  const end = useAction({
    run: (id: number | null) => (id === null ? ok(api.DELETE('/api/v1/auth/sessions')) : ok(api.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id: id } } }))),
    refresh: [['sessions']],
  });
  const row = (session: Session) => (
    <Group key={session.id} justify="space-between" wrap="nowrap">
      <div>
        <Group gap="xs"><Text fw={550}>{device(session.agent)}</Text>{session.current && <ToneBadge tone="fjord" icon={IconMapPin}>here</ToneBadge>}</Group>
        <Text size="xs" c="dimmed">{session.address ?? 'address unknown'} · last seen <Time value={session.seen_at} /> · since <Time value={session.created_at} /></Text>
      </div>
      {!session.current && <Button size="compact-sm" variant="default" flex="none" onClick={() => { end.mutate(session.id, { onError: failToast }); }}>Sign out</Button>}
    </Group>
  );
  return (
    <Section title="Where you are signed in" actions={<Button size="xs" variant="default" loading={end.isPending} onClick={() => { end.mutate(null, { onError: failToast }); }}>Sign out everywhere else</Button>}>
      <Loaded query={query} what="your sign-ins">{({ items }) => <Stack gap="sm">{items.map(row)}</Stack>}</Loaded>
    </Section>
  );
}

function Preferences() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [single, setSingle] = useState(singleKeys());
  return (
    <Section title="This browser">
      <div>
        <Text fw={550} mb={4} id="scheme">Appearance</Text>
        <SegmentedControl aria-labelledby="scheme" value={colorScheme} onChange={(next) => { setColorScheme(next); }}
          data={[{ value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }, { value: 'auto', label: 'As the system' }]} />
      </div>
      <Switch label="Single-letter shortcuts" description="Such as J and K for the next and previous row. Off, when they fire by accident." checked={single}
        onChange={(event) => { setSingle(event.currentTarget.checked); setSingleKeys(event.currentTarget.checked); }} />
    </Section>
  );
}

/** The signed-in person's own page. */
export function AccountPage() {
  const me = useMe();
  const titles = useRoleChoices(), waits = useRoles().isLoading;
  return (
    <SettingsFrame>
      <Page title="Account" crumbs={settingsCrumb} width="form" help={{ text: 'Your own sign-in: password, the places where you are signed in, and how this browser looks and listens. Roles are given by an owner.' }}>
        <Section title={me?.name ?? 'You'}>
          <Details items={[['E-mail', me?.email], ['Roles', waits ? <SkeletonText key="r" /> : me?.roles.map((name) => titles.find((t) => t.value === name)?.label ?? name).join(', ')]]} />
        </Section>
        <Section title="Password"><PasswordForm /></Section>
        <Sessions />
        <Preferences />
      </Page>
    </SettingsFrame>
  );
}
