import { Grid, NumberInput, PasswordInput, SegmentedControl, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { Section, type useAppForm } from '@/kit';
import type { Values } from './model';

type State = ReturnType<typeof useAppForm<Values>>;

const secretLabel = (v: Values) => (v.source.kind === 'sql' || v.source.auth === 'basic' ? 'Password' : v.source.auth === 'bearer' ? 'Token' : 'Value of the header');

/** A field to type a new password or token into; a stored one is never shown. */
function SecretField({ form, stored }: { form: State['form']; stored: boolean }) {
  return (
    <PasswordInput label={secretLabel(form.values)} autoComplete="new-password" placeholder={stored ? 'Kept; type to replace it' : ''} description={stored ? 'Stored encrypted. Enter it again when the source moves to another server.' : 'Stored encrypted and never shown again'} inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.getInputProps('secret')} />
  );
}

function UrlFields({ form, stored }: { form: State['form']; stored: boolean }) {
  const auth = form.values.source.auth;
  return (
    <>
      <TextInput label="Address of the file" placeholder="https://shop.example.com/customers.csv" description="CSV, TSV, XLSX or JSON lines, also zipped. Keep passwords out of the address: everybody who sees this import sees it." inputMode="url" {...form.getInputProps('source.url')} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, sm: 6 }}>
          <Select label="Signing in" allowDeselect={false} {...form.getInputProps('source.auth')}
            data={[{ value: 'none', label: 'Not needed' }, { value: 'basic', label: 'User name and password' }, { value: 'bearer', label: 'Token (Bearer)' }, { value: 'header', label: 'A header of its own' }]} />
        </Grid.Col>
        {auth === 'basic' && <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label="User name" autoComplete="off" {...form.getInputProps('source.username')} /></Grid.Col>}
        {auth === 'header' && <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label="Name of the header" placeholder="X-Api-Key" autoComplete="off" {...form.getInputProps('source.header')} /></Grid.Col>}
        {auth !== 'none' && <Grid.Col span={{ base: 12, sm: 6 }}><SecretField form={form} stored={stored} /></Grid.Col>}
      </Grid>
    </>
  );
}

function SqlFields({ form, stored }: { form: State['form']; stored: boolean }) {
  return (
    <>
      <Grid gap="md">
        <Grid.Col span={{ base: 8, sm: 9 }}><TextInput label="Server" placeholder="db.example.com" autoComplete="off" {...form.getInputProps('source.host')} /></Grid.Col>
        <Grid.Col span={{ base: 4, sm: 3 }}><NumberInput label="Port" min={1} max={65535} allowDecimal={false} hideControls {...form.getInputProps('source.port')} /></Grid.Col>
        <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label="Database" autoComplete="off" {...form.getInputProps('source.database')} /></Grid.Col>
        <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label="User name" description="Best one that may only read" autoComplete="off" inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.getInputProps('source.username')} /></Grid.Col>
        <Grid.Col span={{ base: 12, sm: 6 }}><SecretField form={form} stored={stored} /></Grid.Col>
        <Grid.Col span={{ base: 12, sm: 6 }}>
          <Select label="Encryption" allowDeselect={false} {...form.getInputProps('source.tls')}
            data={[{ value: 'verify', label: 'Encrypted, server’s certificate checked' }, { value: 'require', label: 'Encrypted' }, { value: 'prefer', label: 'Encrypted if the server can' }, { value: 'disable', label: 'Not encrypted' }]} />
        </Grid.Col>
      </Grid>
      <Textarea label="Query" description="One SELECT on PostgreSQL. It runs read-only; each column of the answer can go to a field. An ORDER BY lets an unchanged answer be recognised." placeholder="SELECT email, first_name, city FROM customers ORDER BY id" autosize minRows={4} maxRows={20} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} {...form.getInputProps('source.query')} />
    </>
  );
}

/** Where the rows come from, and how to sign in there. */
export function SourceFields({ state, stored }: { state: State; stored: boolean }) {
  const { form } = state;
  const values = form.values;
  return (
    <Section title="Source" text="Addresses inside of your own network work only when the installation’s settings open them.">
      <Stack gap="md">
        <SegmentedControl aria-label="Kind of source" data={[{ value: 'url', label: 'File at an address' }, { value: 'sql', label: 'SQL query' }]} style={{ alignSelf: 'flex-start' }} {...form.getInputProps('source.kind')} />
        {values.source.kind === 'url' ? <UrlFields form={form} stored={stored} /> : <SqlFields form={form} stored={stored} />}
      </Stack>
    </Section>
  );
}
