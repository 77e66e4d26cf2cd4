import { ActionIcon, Menu, Text, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconBraces } from '@tabler/icons-react';
import { useRef, type ReactNode } from 'react';
import { insertToken, type TokenGroup } from '../placeholders';

interface Props {
  label: string;
  /** hides the label from the eye, not from the screen reader */
  bare?: boolean;
  tokens: readonly TokenGroup[];
  value: string;
  onChange: (value: string) => void;
  onBlur?: unknown;
  error?: ReactNode;
  description?: ReactNode;
  placeholder?: string;
  /** what stands here is a text within JSON */
  json?: boolean;
  rows?: number;
  /** words for people rather than for a machine */
  prose?: boolean;
  required?: boolean;
  readOnly?: boolean;
  'data-path'?: string;
}

/** A text in which values may stand, chosen from a list rather than recalled. */
export function PlaceholderInput({ label, bare = false, tokens, value, onChange, onBlur, error, description, placeholder, json = false, rows, prose = false, required = false, ...rest }: Props) {
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const insert = (token: TokenGroup['items'][number]) => {
    const at = input.current, end = value.length;
    const start = at?.selectionStart ?? end;
    onChange(insertToken(value, start, at?.selectionEnd ?? start, token, json));
    setTimeout(() => { at?.focus(); }, 0);
  };
  const shared = {
    ...rest, ref: input, value, error, spellCheck: prose, autoComplete: 'off', withAsterisk: required, onChange: (e: { currentTarget: { value: string } }) => { onChange(e.currentTarget.value); },
    ...(bare ? { 'aria-label': label } : { label }), ...(description ? { description } : {}), ...(placeholder ? { placeholder } : {}), ...(typeof onBlur === 'function' ? { onBlur: onBlur as () => void } : {}),
    ...(prose ? {} : { styles: { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } }), rightSectionWidth: 40, ...(rows === undefined ? {} : { rightSectionProps: { style: { alignItems: 'flex-start', paddingTop: 4 } } }),
    rightSection: rest.readOnly ? null : (
      <Menu position="bottom-end" width={280} shadow="md">
        <Menu.Target><Tooltip label="Insert a value"><ActionIcon variant="subtle" color="gray" size={28} miw={28} mih={28} aria-label={`Insert a value into ${label}`}><IconBraces size={16} /></ActionIcon></Tooltip></Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
          {tokens.map((group) => [
            <Menu.Label key={group.group}>{group.group}</Menu.Label>,
            ...group.items.map((token) => <Menu.Item key={token.token} onClick={() => { insert(token); }}><Text size="sm">{token.label}</Text><Text size="xs" c="dimmed" ff="monospace">{token.token}</Text></Menu.Item>),
          ])}
        </Menu.Dropdown>
      </Menu>
    ),
  };
  return rows === undefined ? <TextInput {...shared} /> : <Textarea autosize minRows={rows} maxRows={18} {...shared} />;
}
