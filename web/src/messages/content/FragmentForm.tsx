import { Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { keyFrom, type Fragment } from './model';

interface Values extends Record<string, unknown> { name: string; key: string; description: string; format: Fragment['format'] }

const kinds = [
  { value: 'mjml', label: 'MJML', text: 'Sections, columns or parts of a column' },
  { value: 'html', label: 'HTML', text: 'In MJML too, inside of a text' },
  { value: 'text', label: 'Plain text', text: 'Anywhere, in subjects too' },
];
const starters: Record<Fragment['format'], string> = {
  mjml: '<mj-section>\n  <mj-column>\n    <mj-text align="center" font-size="12px">\n      <a href="{{ links.unsubscribe }}">Unsubscribe</a>\n    </mj-text>\n  </mj-column>\n</mj-section>\n',
  html: '<p>\n  <a href="{{ links.unsubscribe }}">Unsubscribe</a>\n</p>\n',
  text: 'Our shop is open from 9 to 18.\n',
};

/** Makes a fragment; what it says is written on its page. */
export function FragmentForm({ onMade, onCancel }: { onMade: (made: Fragment) => void; onCancel: () => void }) {
  const [ownKey, setOwnKey] = useState(false);
  const form = useAppForm<Values>({
    initialValues: { name: '', key: '', description: '', format: 'mjml' },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the fragment', key: /^[a-z][a-z0-9_-]*$/.test(v.key) ? null : 'Begin with a letter; use a to z, digits, - and _' }),
  });
  const make = useAction({
    refresh: [['fragments']],
    run: (v: Values, { headers }) => ok(api.POST('/api/v1/fragments', { body: { name: v.name.trim(), key: v.key, description: v.description.trim(), format: v.format, body: starters[v.format] }, headers })),
  });
  const { form: f } = form;
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Make fragment" onCancel={onCancel} onSave={async (v) => { onMade(await make.mutateAsync(v)); }}>
      <TextInput label="Name" description="Such as Footer or Legal text" maxLength={200} {...f.getInputProps('name')} onChange={(e) => { f.setFieldValue('name', e.currentTarget.value); if (!ownKey) f.setFieldValue('key', keyFrom(e.currentTarget.value, '-')); }} />
      <TextInput label="Key" description={f.values.key ? `Templates include it with {% include "${f.values.key}" %}; it stays as it is` : 'Templates include it by its key; it stays as it is'} maxLength={60} {...f.getInputProps('key')} onChange={(e) => { setOwnKey(true); f.setFieldValue('key', e.currentTarget.value); }} />
      <Radio.Group label="Kind" {...f.getInputProps('format')}>
        <Stack gap={6} mt={6}>{kinds.map((kind) => <Radio key={kind.value} value={kind.value} label={kind.label} description={kind.text} />)}</Stack>
      </Radio.Group>
      <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
    </AppForm>
  );
}
