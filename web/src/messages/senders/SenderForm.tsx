import { Button, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, Section, useAppForm } from '@/kit';
import { useServers, type VirtualSender } from './model';
import { RuleCard } from './RuleCard';
import { bodyOf, check, emptyRule, valuesOf, type Values } from './values';

/** Makes a virtual sender, or changes one. */
export function SenderForm({ sender, onSaved, onCancel }: { sender?: VirtualSender; onSaved: (saved: VirtualSender) => void; onCancel?: () => void }) {
  const servers = useServers() ?? [];
  const form = useAppForm<Values>({ initialValues: valuesOf(sender), check });
  const { form: f } = form;
  const save = useAction({
    refresh: [['senders'], ['mail-servers']],
    run: (v: Values, { headers }) => (sender
      ? ok(api.PATCH('/api/v1/senders/{sender_id}', { params: { path: { sender_id: sender.id } }, body: { ...bodyOf(v), updated_at: sender.updated_at } }))
      : ok(api.POST('/api/v1/senders', { body: bodyOf(v), headers }))),
  });
  const onSave = async (v: Values) => {
    const saved = await save.mutateAsync(v);
    if (sender) form.reset(valuesOf(saved));
    onSaved(saved);
  };
  const addRule = () => { f.setFieldValue('rules', [...f.values.rules.slice(0, -1), emptyRule(), ...f.values.rules.slice(-1)]); };
  return (
    <AppForm state={form} mode={sender ? 'edit' : 'create'} saveLabel={sender ? 'Save virtual sender' : 'Make virtual sender'} draftKey={`virtual-sender.${sender?.id ?? 'new'}`} {...(onCancel ? { onCancel } : {})} onSave={onSave}>
      <Section>
        <TextInput label="Name" description="As mailings choose it, such as Newsletters" {...f.getInputProps('name')} />
        <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
        <Switch label="Use it for mailings that name none" description="Instead of the one that is used for them now" {...f.getInputProps('is_default', { type: 'checkbox' })} />
      </Section>
      <Section title="Rules" text="Read from above: the first rule that fits decides. Within a rule everybody is given to one of the servers by chance, and keeps it.">
        <Stack gap="md">
          {f.values.rules.slice(0, -1).map((_, n) => <RuleCard key={n} form={f} n={n} servers={servers} />)}
          <Group><Button variant="default" leftSection={<IconPlus size={18} />} onClick={addRule}>Add rule</Button></Group>
          <RuleCard form={f} n={f.values.rules.length - 1} servers={servers} />
        </Stack>
      </Section>
    </AppForm>
  );
}
