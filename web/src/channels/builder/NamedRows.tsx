import { Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import type { TokenGroup } from '../placeholders';
import { PlaceholderInput } from './PlaceholderInput';
import type { Form } from './Rows';
import css from './builder.module.css';

type Part = 'query' | 'headers' | 'form';
interface Props { form: Form; part: Part; title: string; text: string; noun: string; example: string; tokens: readonly TokenGroup[]; most: number }

interface PlaceholderProps { value: string; onChange: (value: string) => void; onBlur?: unknown; error?: React.ReactNode; 'data-path'?: string }

/** What a form gives a text field, for one that changes by its value. */
export const placed = (form: Form, path: string): PlaceholderProps => form.getInputProps(path as never) as PlaceholderProps;

/** Names with values: headers, parameters of the address, fields of a form. */
export function NamedRows({ form, part, title, text, noun, example, tokens, most }: Props) {
  const path = `definition.request.${part}` as const;
  const rows = form.values.definition.request[part];
  return (
    <Fieldset legend={title} variant="unstyled">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">{text}</Text>
        {rows.map((row, n) => (
          <div key={n} className={css.line} role="group" aria-label={`${noun} ${n + 1}`}>
            <TextInput className={css.grow ?? ''} label={noun.charAt(0).toUpperCase() + noun.slice(1)} placeholder={example} autoComplete="off" spellCheck={false} {...form.getInputProps(`${path}.${n}.name`)} />
            <div className={css.grow} style={{ flexBasis: 220 }}><PlaceholderInput label="Value" tokens={tokens} {...placed(form, `${path}.${n}.value`)} /></div>
            <IconButton variant="subtle" color="gray" mt={26} label={`Remove ${noun} ${row.name || n + 1}`} onClick={() => { form.removeListItem(path, n); }}><IconX size={16} /></IconButton>
          </div>
        ))}
        {rows.length < most && <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem(path, { name: '', value: '' }); }}>{`Add ${noun}`}</Button></Group>}
      </Stack>
    </Fieldset>
  );
}
