import { Select, Switch, Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';

interface Values extends Record<string, unknown> { domain: string; selector: string; algorithm: 'rsa-sha256' | 'ed25519-sha256'; own: boolean; private_key: string }

const check = (v: Values) => ({
  domain: /^[^\s@]+\.[^\s@]+$/.test(v.domain.trim()) ? null : 'Enter a domain, such as news.example.com',
  selector: v.selector.trim() ? null : 'Enter a selector, such as fidelia',
  private_key: v.own && !v.private_key.trim() ? 'Paste the key, with its first and last line' : null,
});

/** Makes a key for a domain, or takes one that is there already. */
export function DomainForm({ onMade, onCancel }: { onMade: (id: number) => void; onCancel: () => void }) {
  const form = useAppForm<Values>({ initialValues: { domain: '', selector: 'fidelia', algorithm: 'rsa-sha256', own: false, private_key: '' }, check });
  const save = useAction({
    refresh: [['sending-domains']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/senders/domains', { body: { domain: v.domain.trim(), selector: v.selector.trim(), algorithm: v.algorithm, private_key: v.own ? v.private_key.trim() : null }, headers })),
  });
  const { form: f } = form;
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make key" onCancel={onCancel} onSave={async (v) => { onMade((await save.mutateAsync(v)).id); }}>
      <TextInput label="Domain" description="Of the addresses that you send from; those below it are signed too" placeholder="example.com" autoComplete="off" {...f.getInputProps('domain')} />
      <TextInput label="Selector" description="Tells this key from the domain’s others; a new key needs another one" {...f.getInputProps('selector')} />
      {!f.values.own && <Select label="Kind" allowDeselect={false} data={[{ value: 'rsa-sha256', label: 'RSA, 2,048 bits: understood everywhere' }, { value: 'ed25519-sha256', label: 'Ed25519: shorter, not understood by all' }]} {...f.getInputProps('algorithm')} />}
      <Switch label="I have a key already" {...f.getInputProps('own', { type: 'checkbox' })} />
      {f.values.own && <Textarea label="Private key" description="PEM without a password. It is stored encrypted and never shown again." autosize minRows={5} maxRows={12} ff="monospace" spellCheck={false} autoComplete="off" {...f.getInputProps('private_key')} />}
    </AppForm>
  );
}
