import { Button, Group, NumberInput, PasswordInput, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, IconButton, useAppForm, type AppFormState } from '@/kit';
import { tlsChoices, type MailServer } from './model';
import { bodyOf, check, valuesOf, type Values } from './serverValues';
import css from './senders.module.css';

type Form = AppFormState<Values>['form'];

/** The first complaint about a list or anything in it. */
export const errorOf = (errors: Form['errors'], path: string) => errors[path] ?? Object.entries(errors).find(([key]) => key.startsWith(`${path}.`))?.[1];

function DomainLimits({ form }: { form: Form }) {
  return (
    <Stack gap="sm" role="group" aria-label="Limits for domains">
      <div>
        <Text fw={550} size="sm">Limits for domains</Text>
        <Text size="sm" c="dimmed">What waits for a slow provider does not hold up mails to others.</Text>
      </div>
      {form.values.domain_rates.map((group, n) => (
        <div key={n} className={css.limit}>
          <TagsInput label="Domains" placeholder={group.domains.length > 0 ? '' : 'gmail.com'} splitChars={[',', ' ', ';']} acceptValueOnBlur value={group.domains} onChange={(domains) => { form.setFieldValue(`domain_rates.${n}.domains`, domains); }} error={errorOf(form.errors, `domain_rates.${n}.domains`)} />
          <NumberInput label="A second, at most" min={0} {...form.getInputProps(`domain_rates.${n}.rate`)} />
          <span className={css.remove}><IconButton label={`Remove the limit for ${group.domains[0] ?? 'these domains'}`} onClick={() => { form.removeListItem('domain_rates', n); }}><IconX size={18} /></IconButton></span>
        </div>
      ))}
      <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem('domain_rates', { domains: [], rate: 20 }); }}>Limit some domains</Button></Group>
    </Stack>
  );
}

/** Sets a mail server up, or changes one. */
export function ServerForm({ server, onSaved, onCancel }: { server?: MailServer; onSaved: (saved: MailServer) => void; onCancel: () => void }) {
  const form = useAppForm<Values>({ initialValues: valuesOf(server), check: (v) => check(v, server) });
  const save = useAction({
    refresh: [['mail-servers']],
    run: (v: Values, { headers }) => (server ? ok(api.PATCH('/api/v1/senders/servers/{server_id}', { params: { path: { server_id: server.id } }, body: bodyOf(v) })) : ok(api.POST('/api/v1/senders/servers', { body: bodyOf(v), headers }))),
  });
  const { form: f } = form;
  const typed = (password: string) => { f.setValues({ password, keep: password === '' && (server?.has_password ?? false) }); };
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={server ? 'Save server' : 'Make server'} onCancel={onCancel} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }}>
      <TextInput label="Name" description="What you call it, such as Newsletters" {...f.getInputProps('name')} />
      <div className={css.host}>
        <TextInput label="Server" placeholder="smtp.example.com" autoComplete="off" {...f.getInputProps('host')} />
        <NumberInput label="Port" min={1} max={65_535} hideControls thousandSeparator="" {...f.getInputProps('port')} />
      </div>
      <Select label="Encryption" allowDeselect={false} data={tlsChoices} {...f.getInputProps('tls')} />
      <TextInput label="User" description="Empty: the server lets you in without signing in" autoComplete="off" {...f.getInputProps('username')} />
      <PasswordInput label="Password" description="Stored encrypted and never shown again" autoComplete="new-password" placeholder={f.values.keep ? 'stored; type to replace' : ''} value={f.values.password} error={f.errors['password']} onChange={(event) => { typed(event.currentTarget.value); }} />
      {server?.has_password === true && f.values.password === '' && <Switch label="Keep the stored password" checked={f.values.keep} onChange={(event) => { f.setFieldValue('keep', event.currentTarget.checked); }} />}
      <Group gap="sm" align="flex-start" grow>
        <NumberInput label="Connections" description="Of each sender at once" min={1} max={100} {...f.getInputProps('connections')} />
        <NumberInput label="Mails a second" description="At most; 0: no limit" min={0} {...f.getInputProps('rate')} />
      </Group>
      <DomainLimits form={f} />
      <Switch label="In use" description="Mailings cannot be sent by a server that is switched off" {...f.getInputProps('active', { type: 'checkbox' })} />
    </AppForm>
  );
}
