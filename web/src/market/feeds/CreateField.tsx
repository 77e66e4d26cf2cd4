import { Button, Group, Popover, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast } from '@/kit';
import { fieldTypes, type FieldType } from './model';

interface CreateProps { fieldKey: string; name: string; type: FieldType; onMade: () => void }

/** Makes a typed field of something that offers tell, for products and their SKUs. */
export function CreateField({ fieldKey, name, type: suggested, onMade }: CreateProps) {
  const can = useCan('market:create');
  const [open, setOpen] = useState(false), [label, setLabel] = useState(name), [type, setType] = useState<FieldType>(suggested);
  const make = useAction({
    refresh: [['market-feeds'], ['fields']],
    run: async (_: null, { headers }) => {
      for (const entity of ['product', 'sku'] as const) {
        await ok(api.POST('/api/v1/market/fields', { body: { entity, key: fieldKey, type, label }, headers: { 'Idempotency-Key': `${headers['Idempotency-Key']}-${entity}` } }));
      }
    },
  });
  if (!can) return null;
  const save = () => { make.mutate(null, { onSuccess: () => { setOpen(false); doneToast(`Field ${label} created`); onMade(); }, onError: failToast }); };
  return (
    <Popover opened={open} onChange={setOpen} width={260} position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target><Button size="compact-sm" variant="default" aria-label={`Create field ${name}`} onClick={() => { setOpen((o) => !o); }}>Create field</Button></Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <TextInput label="Name" value={label} onChange={(event) => { setLabel(event.currentTarget.value); }} />
          <Select label="Kind of value" allowDeselect={false} comboboxProps={{ withinPortal: false }} data={fieldTypes.map((t) => ({ value: t.value, label: t.label }))} value={type} onChange={(value) => { if (value) setType(value); }} />
          <Group justify="flex-end"><Button size="compact-sm" loading={make.isPending} onClick={save}>Create field</Button></Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
