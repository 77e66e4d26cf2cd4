import { Stack, Text } from '@mantine/core';
import { IconCirclesRelation } from '@tabler/icons-react';
import { FirstUse, Section } from '@/kit';

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Who refers to a list or table: it cannot be deleted before. */
export function UsedBy({ names, what }: { names: readonly string[]; what: 'list' | 'table' }) {
  if (names.length === 0) {
    return <FirstUse icon={IconCirclesRelation} title="Nothing uses it yet" text={what === 'list' ? 'In a segment, choose a field, “is one of”, and this list instead of values.' : 'In a segment, choose a field, “is one of”, and a column of this table instead of values.'} />;
  }
  return (
    <Section title="Used by" text={`The ${what} cannot be deleted while these refer to it.`}>
      <Stack gap="xs">{names.map((name) => <Text key={name}>{capital(name)}</Text>)}</Stack>
    </Section>
  );
}
