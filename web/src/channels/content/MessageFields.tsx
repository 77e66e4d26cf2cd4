import { Select, Stack, Text } from '@mantine/core';
import type { components } from '@/api/schema';
import type { ContentField } from '../model';
import { PlaceholderInput } from '../builder/PlaceholderInput';
import type { TokenGroup } from '../placeholders';
import { counted } from './fields';

interface Props {
  fields: readonly ContentField[];
  values: Readonly<Record<string, string>>;
  rendered: Readonly<Record<string, string>> | undefined;
  problems: Readonly<Record<string, components['schemas']['TemplateProblem'][]>>;
  tokens: readonly TokenGroup[];
  readOnly: boolean;
  onChange: (key: string, value: string) => void;
}

const yesNo = [{ value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }];

function One({ field, value, rendered, problems, tokens, readOnly, onChange }: { field: ContentField; value: string; rendered: string | undefined; problems: components['schemas']['TemplateProblem'][]; tokens: readonly TokenGroup[]; readOnly: boolean; onChange: (value: string) => void }) {
  const count = field.type === 'text' || field.type === 'long_text' || field.type === 'url' ? counted(field, value, rendered) : null;
  const said = problems.filter((p) => p.severity === 'error').map((p) => p.message);
  if (count?.over) said.push('This is longer than the channel allows');
  const error = said.length > 0 ? said.join('. ') : null;
  const choices = field.type === 'boolean' ? yesNo : field.type === 'choice' ? field.options.map((o) => ({ value: o.value, label: o.label })) : null;
  const listed = choices !== null && (value === '' || choices.some((c) => c.value === value));
  const shared = { label: field.label, ...(field.help ? { description: field.help } : {}), error, 'data-path': `fields.${field.key}` };
  return (
    <div>
      {listed ? <Select {...shared} withAsterisk={field.required} clearable={!field.required} readOnly={readOnly} placeholder={field.required ? 'Choose one' : 'Not set'} data={choices} value={value || null} onChange={(next) => { onChange(next ?? ''); }} />
        : <PlaceholderInput {...shared} prose={field.type !== 'url'} required={field.required} readOnly={readOnly} tokens={tokens} value={value} onChange={onChange} {...(field.type === 'long_text' ? { rows: 6 } : {})} {...(field.type === 'url' ? { placeholder: 'https://' } : {})} />}
      {count && <Text size="xs" c={count.over ? 'error' : 'dimmed'} ta="right" mt={2} className="fd-num">{count.words}</Text>}
      {problems.filter((p) => p.severity !== 'error').map((p) => <Text key={p.message} size="xs" c="dimmed" mt={2}>{p.message}</Text>)}
    </div>
  );
}

/** The fields of a channel's message, with what differs from person to person. */
export function MessageFields({ fields, values, rendered, problems, tokens, readOnly, onChange }: Props) {
  return (
    <Stack gap="md">
      {fields.map((field) => <One key={field.key} field={field} value={values[field.key] ?? ''} rendered={rendered?.[field.key]} problems={problems[field.key] ?? []} tokens={tokens} readOnly={readOnly} onChange={(value) => { onChange(field.key, value); }} />)}
    </Stack>
  );
}
