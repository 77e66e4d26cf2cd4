import { Grid, PasswordInput, Progress, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { upload } from '@/api/client';
import { toProblem, type Problem } from '@/api/problem';
import { FileDrop, formatNumber, PanelError, Section, type useAppForm } from '@/kit';
import { formats, type UploadedFeed, type Values } from './model';

type State = ReturnType<typeof useAppForm<Values>>;
const LIMIT = 2_000_000_000;

function FileFields({ form }: { form: State['form'] }) {
  const [share, setShare] = useState<number | null>(null);
  const [sent, setSent] = useState<UploadedFeed | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (file: File) => {
    setProblem(null);
    setShare(0);
    const body = new FormData();
    body.append('file', file);
    try {
      const found = await upload<UploadedFeed>('/api/v1/market/feeds/files', body, setShare);
      setSent(found);
      form.setFieldValue('file', found.file);
      form.setFieldValue('source.name', found.name);
      if (!form.values.name) form.setFieldValue('name', found.name.replace(/\.(xml|yml|txt|tsv|csv|zip|gz|tar)+$/i, ''));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setShare(null);
    }
  };
  return (
    <Stack gap="sm">
      <FileDrop hint="YML, Google Merchant XML or a table; also one file as zip, gz or tar.gz; up to 2 GB." maxBytes={LIMIT} loading={share !== null} onFile={(file) => void send(file)} />
      {share !== null && <div><Progress value={share * 100} aria-label="Upload" /><Text size="xs" c="dimmed" mt={4}>{share < 1 ? `${Math.round(share * 100)} % sent` : 'Looking at the file…'}</Text></div>}
      {sent ? <Text><b>{sent.name}</b> · {formats[sent.format]} · {formatNumber(Math.ceil(sent.size / 1000))} kB</Text> : form.values.source.name && <Text>Stored: <b>{form.values.source.name}</b>. Another file takes its place.</Text>}
      {problem && <PanelError error={problem} what="the file" />}
      {form.errors.file && <Text c="error" size="sm">{form.errors.file}</Text>}
    </Stack>
  );
}

function AddressFields({ form, stored }: { form: State['form']; stored: boolean }) {
  const auth = form.values.source.auth;
  return (
    <>
      <TextInput label="Address of the feed" placeholder="https://shop.example.com/feed.xml" description="Keep passwords out of the address: everybody who sees this feed sees it." inputMode="url" {...form.getInputProps('source.url')} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, sm: 6 }}>
          <Select label="Signing in" allowDeselect={false} {...form.getInputProps('source.auth')}
            data={[{ value: 'none', label: 'Not needed' }, { value: 'basic', label: 'User name and password' }, { value: 'bearer', label: 'Token (Bearer)' }, { value: 'header', label: 'A header of its own' }]} />
        </Grid.Col>
        {auth === 'basic' && <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label="User name" autoComplete="off" {...form.getInputProps('source.username')} /></Grid.Col>}
        {auth === 'header' && <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label="Name of the header" placeholder="X-Api-Key" autoComplete="off" {...form.getInputProps('source.header')} /></Grid.Col>}
        {auth !== 'none' && (
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <PasswordInput label={auth === 'basic' ? 'Password' : auth === 'bearer' ? 'Token' : 'Value of the header'} autoComplete="new-password" placeholder={stored ? 'Kept; type to replace it' : ''} description="Stored encrypted and never shown again" inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.getInputProps('secret')} />
          </Grid.Col>
        )}
      </Grid>
    </>
  );
}

/** Where offers come from: a file, or an address with a way to sign in. */
export function SourceFields({ state, stored }: { state: State; stored: boolean }) {
  const { form } = state;
  return (
    <Section title="Source" text="The format is found out by itself.">
      <Stack gap="md">
        <SegmentedControl aria-label="Kind of source" data={[{ value: 'url', label: 'Address' }, { value: 'file', label: 'File' }]} style={{ alignSelf: 'flex-start' }} {...form.getInputProps('source.kind')} />
        {form.values.source.kind === 'url' ? <AddressFields form={form} stored={stored} /> : <FileFields form={form} />}
      </Stack>
    </Section>
  );
}
