import { Autocomplete, Button, Group, NumberInput, Stack, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { IconButton } from '@/kit';
import { useItems, type BasketLine } from './model';

interface LineProps { line: BasketLine; alone: boolean; change: (line: BasketLine) => void; remove: () => void }

function Line({ line, alone, change, remove }: LineProps) {
  const items = useItems(line.sku).data ?? [];
  const known = [...new Set(items.map((item) => item.external_id))];
  const names = new Map(items.map((item) => [item.external_id, item.name]));
  return (
    <Group gap="xs" align="end" wrap="wrap">
      <Autocomplete label="Product or SKU" placeholder="Name or number" style={{ flex: '1 1 9rem' }} data={known} value={line.sku} filter={({ options }) => options}
        renderOption={({ option }) => `${option.value} · ${names.get(option.value) ?? ''}`} onChange={(sku) => { change({ ...line, sku }); }} />
      <NumberInput label="Quantity" w={92} min={0.001} decimalScale={3} value={line.quantity} onChange={(quantity) => { change({ ...line, quantity: String(quantity) }); }} />
      <TextInput label="Price" w={124} placeholder="catalogue’s" inputMode="decimal" value={line.price} onChange={(event) => { change({ ...line, price: event.currentTarget.value }); }} />
      {!alone && <IconButton label={`Remove ${line.sku || 'this line'}`} onClick={remove}><IconX size={16} /></IconButton>}
    </Group>
  );
}

/** The basket that is tried: items of the catalogue, or any number with a price. */
export function Basket({ lines, change }: { lines: readonly BasketLine[]; change: (lines: BasketLine[]) => void }) {
  return (
    <Stack gap="sm">
      {lines.map((line) => (
        <Line key={line.key} line={line} alone={lines.length === 1} change={(next) => { change(lines.map((one) => (one.key === line.key ? next : one))); }} remove={() => { change(lines.filter((one) => one.key !== line.key)); }} />
      ))}
      <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'start' }} onClick={() => { change([...lines, { key: Math.max(...lines.map((one) => one.key)) + 1, sku: '', quantity: '1', price: '' }]); }}>Add a line</Button>
    </Stack>
  );
}
