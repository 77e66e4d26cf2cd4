import { Checkbox, NumberInput, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { keyOf } from '@/goals/model';
import { AppForm, AppLink, CodeEditor, Loaded, paths, Section, StateBadge, useAppForm } from '@/kit';
import type { Slot } from './model';

interface Values extends Record<string, unknown> { name: string; key: string; description: string; domains: string[]; width: number | string; fallback: string; by_link: boolean }

/** Makes a slot, or changes one. */
export function SlotForm({ databaseId, slot, onSaved, onCancel }: { databaseId: number; slot?: Slot; onSaved: (slot: Slot) => void; onCancel: () => void }) {
  const [ownKey, setOwnKey] = useState(slot !== undefined);
  const form = useAppForm<Values>({
    initialValues: { name: slot?.name ?? '', key: slot?.key ?? '', description: slot?.description ?? '', domains: slot?.domains ?? [], width: slot?.width ?? '', fallback: slot?.fallback ?? '', by_link: slot?.by_link ?? true },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the slot', key: /^[a-z0-9][a-z0-9_.-]*$/.test(v.key) ? null : 'Use lower-case letters a to z, digits, _ - and dots' }),
  });
  const save = useAction({
    refresh: [['slots']],
    run: (v: Values, { headers }) => {
      const body = { name: v.name.trim(), description: v.description.trim(), domains: v.domains, width: v.width === '' ? null : Number(v.width), fallback: v.fallback, by_link: v.by_link };
      return slot ? ok(api.PATCH('/api/v1/placements/slots/{slot_id}', { params: { path: { slot_id: slot.id } }, body })) : ok(api.POST('/api/v1/placements/slots', { body: { ...body, database_id: databaseId, key: v.key }, headers }));
    },
  });
  const { form: f } = form;
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={slot ? 'Save slot' : 'Make slot'} onCancel={onCancel} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }}>
      <TextInput label="Name" description="Such as Top of the home page" maxLength={100} {...f.getInputProps('name')}
        onChange={(e) => { f.setFieldValue('name', e.currentTarget.value); if (!ownKey) f.setFieldValue('key', keyOf(e.currentTarget.value)); }} />
      <TextInput label="Key" description={slot ? 'Its name in your pages; it stays as it is' : 'Its name in your pages'} maxLength={64} disabled={slot !== undefined} {...f.getInputProps('key')} onChange={(e) => { setOwnKey(true); f.setFieldValue('key', e.currentTarget.value); }} />
      <NumberInput label="Width in pixels" description="For previews; on the site it is as wide as its place" min={1} max={4000} allowDecimal={false} styles={{ wrapper: { maxWidth: 240 } }} {...f.getInputProps('width')} />
      <CodeEditor label="For everybody else" description="HTML for visitors whom nothing is meant for or who are not known. Empty: what your page has there" language="html" height={140} value={f.values.fallback} onChange={(fallback) => { f.setFieldValue('fallback', fallback); }} />
      <Checkbox label="Know who came by a link of a mail" description="Without a signature of your site. A mail that is passed on takes this along: leave it off for what only one person may see" {...f.getInputProps('by_link', { type: 'checkbox' })} />
      <TagsInput label="Only on these sites" description="Of the sites of the key; empty: on all of them" placeholder={f.values.domains.length === 0 ? 'shop.example.org' : ''} splitChars={[',', ' ']} {...f.getInputProps('domains')} />
      <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
      {slot && <Uses slot={slot} />}
    </AppForm>
  );
}

/** What is shown in a slot. */
function Uses({ slot }: { slot: Slot }) {
  const query = useQuery({ queryKey: ['slots', slot.id, 'used-by'], queryFn: ({ signal }) => ok(api.GET('/api/v1/placements/slots/{slot_id}/used-by', { params: { path: { slot_id: slot.id } }, signal })) });
  return (
    <Section title="Shown in it">
      <Loaded query={query} what="what is shown in the slot">
        {({ items }) => (items.length === 0 ? <Text c="dimmed">Nothing yet</Text> : (
          <>{items.map((use) => <div key={use.mailing_id} style={{ display: 'flex', justifyContent: 'space-between', gap: 12 }}><AppLink href={paths.mailing(use.mailing_id)}>{use.name}</AppLink><StateBadge state={use.state} size="sm" /></div>)}</>
        ))}
      </Loaded>
    </Section>
  );
}
