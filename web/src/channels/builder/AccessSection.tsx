import { Checkbox, PasswordInput, Select, SimpleGrid, Text, TextInput } from '@mantine/core';
import { Section } from '@/kit';
import type { Channel, SettingField } from '../model';
import { keyOf, settingTypes } from '../words';
import { Rows, type Form } from './Rows';

const kinds = [
  { value: 'none', label: 'Nothing, or what stands in the request' }, { value: 'basic', label: 'User name and password (Basic)' }, { value: 'bearer', label: 'A token (Bearer)' },
  { value: 'header', label: 'A token in a header of its own' }, { value: 'oauth2', label: 'OAuth 2, client credentials' },
];
const fresh = (): SettingField => ({ key: '', label: '', type: 'text', required: false, default: '', help: '' });

/** One value that an administrator fills in; what is secret is shown to nobody again. */
function Value({ form, field, stored }: { form: Form; field: SettingField; stored: boolean }) {
  const path = `settings.${field.key}`;
  const shared = { label: field.label || field.key, description: field.help || undefined, withAsterisk: field.required, autoComplete: 'off', ...(form.getInputProps(path as never, { type: field.type === 'boolean' ? 'checkbox' : 'input' }) as object) };
  const value = form.values.settings[field.key];
  if (field.type === 'boolean') return <Checkbox {...shared} checked={value === true || value === 'true'} />;
  if (field.type === 'secret') return <PasswordInput {...shared} value={String(value ?? '')} placeholder={stored ? 'stored; type to replace' : ''} />;
  return <TextInput {...shared} value={String(value ?? '')} placeholder={field.default} inputMode={field.type === 'number' ? 'decimal' : field.type === 'url' ? 'url' : 'text'} />;
}

function SignIn({ form }: { form: Form }) {
  const { auth, settings } = form.values.definition;
  const secrets = settings.filter((s) => s.type === 'secret' && s.key).map((s) => ({ value: `\${settings.${s.key}}`, label: s.label || s.key }));
  const secret = (name: 'password' | 'token' | 'client_secret', label: string) => <Select key={name} label={label} placeholder="Choose a secret" nothingFoundMessage="Add a field of the kind Secret below" allowDeselect={false} data={secrets} {...form.getInputProps(`definition.auth.${name}`)} />;
  const text = (name: 'username' | 'header' | 'token_url' | 'client_id' | 'scope', label: string, hint = '') => <TextInput key={name} label={label} description={hint || undefined} autoComplete="off" spellCheck={false} {...form.getInputProps(`definition.auth.${name}`)} />;
  return (
    <>
      <Select label="How requests sign in" allowDeselect={false} data={kinds} {...form.getInputProps('definition.auth.kind')} />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {auth.kind === 'basic' && [text('username', 'User name', 'A text, or a field such as ${settings.user}'), secret('password', 'Password')]}
        {auth.kind === 'bearer' && secret('token', 'Token')}
        {auth.kind === 'header' && [text('header', 'Header', 'Such as X-Api-Key'), secret('token', 'Its value')]}
        {auth.kind === 'oauth2' && [text('token_url', 'Where tokens are given'), text('client_id', 'Client id'), secret('client_secret', 'Client secret'), text('scope', 'Scope', 'If the provider asks for one')]}
      </SimpleGrid>
      {auth.kind === 'oauth2' && <Checkbox label="Client id and secret go in the form" description="Otherwise in the header, as the standard prefers" {...form.getInputProps('definition.auth.client_in_body', { type: 'checkbox' })} />}
    </>
  );
}

/** What an administrator fills in once, and how requests prove who they are from. */
export function AccessSection({ form, channel }: { form: Form; channel: Channel }) {
  const fields = form.values.definition.settings;
  return (
    <Section title="Access" text="What is filled in once for this installation. Secrets are encrypted and not shown again; they have to be entered anew when requests go to another server.">
      {fields.length === 0 && <Text c="dimmed">Nothing has to be filled in.</Text>}
      {fields.map((field, n) => (field.key ? <Value key={n} form={form} field={field} stored={channel.secrets.includes(field.key)} /> : null))}
      <SignIn form={form} />
      <div>
        <Text fw={550} mb={4}>Fields to fill in</Text>
        <Rows form={form} path="definition.settings" label="Fields to fill in" count={fields.length} most={50} add="Add field to fill in" fresh={fresh} named={(n) => `field ${fields[n]?.label || n + 1}`}
          summary={(n) => { const f = fields[n]; return f ? <><b>{f.label || 'New field'}</b> <Text span size="sm" c="dimmed">{settingTypes.find((t) => t.value === f.type)?.label.toLowerCase()}, {f.required ? 'required' : 'optional'}</Text></> : null; }}>
          {(n) => {
            const at = `definition.settings.${n}` as const, field = fields[n];
            if (!field) return null;
            const label = form.getInputProps(`${at}.label`) as { onBlur?: () => void };
            return (
              <>
                <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
                  <TextInput label="Name of the field" {...label} onBlur={() => { if (!field.key) form.setFieldValue(`${at}.key`, keyOf(field.label)); label.onBlur?.(); }} />
                  <TextInput label="Key" description={<>Stands in the request as {`\${settings.${field.key || '…'}}`}</>} {...form.getInputProps(`${at}.key`)} />
                  <Select label="Kind" allowDeselect={false} data={[...settingTypes]} value={field.type} onChange={(type) => { form.setFieldValue(at, { ...field, type: (type ?? 'text'), default: type === 'secret' ? '' : field.default }); }} />
                  {field.type !== 'secret' && <TextInput label="When nothing is entered" {...form.getInputProps(`${at}.default`)} />}
                </SimpleGrid>
                <Checkbox label="Required" description="Nothing is sent before it is filled in" {...form.getInputProps(`${at}.required`, { type: 'checkbox' })} />
                <TextInput label="Hint" {...form.getInputProps(`${at}.help`)} />
              </>
            );
          }}
        </Rows>
      </div>
    </Section>
  );
}
