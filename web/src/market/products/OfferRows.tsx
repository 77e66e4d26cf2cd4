import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { AppLink, paths } from '@/kit';
import { useRegions } from '../model';
import type { OfferValues } from './values';

export interface OfferRowsProps {
  rows: readonly OfferValues[];
  /** what an input of the form needs, by its path: `regions.0.price` */
  input: (path: string) => object;
  onChange: (rows: OfferValues[]) => void;
}

/** Prices and stock by region: a row for each region that has its own. */
export function OfferRows({ rows, input, onChange }: OfferRowsProps) {
  const query = useRegions();
  const regions = query.data?.items ?? [];
  const free = regions.filter((r) => r.archived_at === null && !rows.some((row) => row.region === r.external_id));
  const nameOf = (region: string) => regions.find((r) => r.external_id === region)?.name ?? region;
  if (query.data && regions.length === 0) return <Text size="sm" c="dimmed">No regions are set up yet. <AppLink href={paths.marketSettings()}>Set one up</AppLink> to give it prices and stock of its own.</Text>;
  return (
    <Stack gap="md">
      {rows.map((row, n) => (
        <Stack key={row.region} gap={6} role="group" aria-label={nameOf(row.region)}>
          <Group justify="space-between"><Text fw={600} size="sm">{nameOf(row.region)}</Text>
            <Button variant="subtle" color="gray" size="compact-xs" aria-label={`Remove ${nameOf(row.region)}`} onClick={() => { onChange(rows.filter((_, at) => at !== n)); }}>Remove</Button></Group>
          <Group gap="xs" align="start" wrap="nowrap" grow>
            <TextInput label="Price" inputMode="decimal" {...input(`regions.${n}.price`)} />
            <TextInput label="Before" inputMode="decimal" {...input(`regions.${n}.old_price`)} />
            <TextInput label="In stock" inputMode="decimal" {...input(`regions.${n}.quantity`)} />
          </Group>
        </Stack>
      ))}
      {free.length > 0 && <Select label="Add a region" placeholder="Choose a region" leftSection={<IconPlus size={14} aria-hidden />} searchable data={free.map((r) => ({ value: r.external_id, label: r.name }))} value={null}
        onChange={(region) => { if (region) onChange([...rows, { region, price: '', old_price: '', quantity: '' }]); }} />}
    </Stack>
  );
}
