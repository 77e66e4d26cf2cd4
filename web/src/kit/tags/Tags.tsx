import { Badge, Group, TagsInput, Tooltip } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { AppLink } from '../routing/links';

const MOST = 20;
const MOST_CHARACTERS = 60;
/** What two spellings of one tag have in common. */
export const tagKey = (name: string): string => name.trim().replace(/\s+/g, ' ').normalize('NFKC').toLowerCase();

export interface TagsFieldProps {
  value: readonly string[];
  onChange: (value: string[]) => void;
  /** tags in use elsewhere, offered while typing */
  known: readonly string[];
  label?: string;
  description?: ReactNode;
  error?: ReactNode;
  autoFocus?: boolean;
}

/** The tags of something: type one, or choose one that others carry. */
export function TagsField({ value, onChange, known, label = 'Tags', description, error, autoFocus }: TagsFieldProps) {
  const spelled = (name: string) => known.find((k) => tagKey(k) === tagKey(name)) ?? name.trim().replace(/\s+/g, ' ').slice(0, MOST_CHARACTERS);
  const set = (names: string[]) => {
    const kept = new Map(names.map((name): [string, string] => [tagKey(name), spelled(name)]));
    kept.delete('');
    onChange([...kept.values()].slice(0, MOST));
  };
  return (
    <TagsInput label={label} description={description} error={error} value={[...value]} onChange={set} data={[...known]} splitChars={[',', ';', '\n']} maxTags={MOST} clearable comboboxProps={{ shadow: 'md' }} {...(autoFocus ? { 'data-autofocus': true } : {})}
      placeholder={value.length === 0 ? 'Type one, then Enter' : ''} clearButtonProps={{ 'aria-label': 'Remove all tags' }} isDuplicate={(name, all) => all.some((other) => tagKey(other) === tagKey(name))} />
  );
}

/** Tags to be read; the rest is counted. With an address each leads to what else carries it. */
export function TagList({ tags, most = 2, narrow = false, hrefOf }: { tags: readonly string[]; most?: number; /** beside other things in a row */ narrow?: boolean; hrefOf?: (tag: string) => string }) {
  if (tags.length === 0) return null;
  const rest = tags.slice(most);
  return (
    <Group gap={4} component="span" wrap="wrap">
      {tags.slice(0, most).map((name) => {
        const badge = <Badge variant="default" tt="none" fw={500} maw={narrow ? 140 : 240} leftSection={<IconTag size={12} aria-hidden="true" />}>{name}</Badge>;
        return hrefOf ? <AppLink key={name} href={hrefOf(name)} aria-label={`${name}: everything with this tag`}>{badge}</AppLink> : <span key={name}>{badge}</span>;
      })}
      {rest.length > 0 && <Tooltip label={rest.join(', ')}><Badge component="span" variant="transparent" color="gray" tt="none" role="img" aria-label={`and ${rest.join(', ')}`}>+{rest.length}</Badge></Tooltip>}
    </Group>
  );
}
