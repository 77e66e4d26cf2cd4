import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, formatCount, MenuActions, Section, SmallTable, type Column } from '@/kit';
import type { Program } from '../programs/model';
import type { Group as Exclusion } from './model';

type Per = Exclusion['per'];
const PER: { value: Per; label: string }[] = [{ value: 'order', label: 'one wins per order' }, { value: 'line', label: 'one wins per line' }];

/** Exclusion groups: made here, chosen in each promotion. */
export function GroupsPanel({ program, groups }: { program: Program; groups: readonly Exclusion[] }) {
  const can = useCan('loyalty:update');
  const [name, setName] = useState(''), [per, setPer] = useState<Per>('order');
  const path = (group: Exclusion) => ({ params: { path: { program_id: program.id, group_id: group.id } } });
  const add = useAction({ refresh: [['promotions']], run: (_: null, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/promotion-groups', { params: { path: { program_id: program.id } }, body: { name, per }, headers })) });
  const turn = useAction({ refresh: [['promotions']], run: (group: Exclusion) => ok(api.PATCH('/api/v1/loyalty/programs/{program_id}/promotion-groups/{group_id}', { ...path(group), body: { per: group.per === 'order' ? 'line' : 'order' } })) });
  const drop = useAction({ refresh: [['promotions']], run: (group: Exclusion) => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}/promotion-groups/{group_id}', path(group))) });
  const columns: Column<Exclusion>[] = [
    { key: 'name', header: 'Group', cell: (g) => g.name }, { key: 'per', header: 'Of its promotions', priority: 2, cell: (g) => PER.find((one) => one.value === g.per)?.label }, { key: 'n', header: 'Promotions', align: 'right', priority: 2, cell: (g) => formatCount(g.promotions, 'promotion', 'promotions') },
    { key: 'actions', header: 'Actions', align: 'right', cell: (g) => can && <MenuActions label={`Actions for ${g.name}`} actions={[{ label: g.per === 'order' ? 'Let one win per line' : 'Let one win per order', onClick: () => { turn.mutate(g, { onError: failToast }); } }, { label: 'Archive', danger: true, onClick: () => { drop.mutate(g, { onError: failToast }); } }]} /> },
  ];
  return (
    <Section title="Exclusion groups">
      {groups.length === 0 ? <Text c="dimmed" size="sm">None yet: every promotion that fits applies. Put promotions of which only one may win into a group.</Text> : <SmallTable<Exclusion> label="Exclusion groups" columns={columns} rows={groups} rowKey={(g) => g.id} />}
      {can && (
        <Group mt="sm" gap="xs" align="flex-end" wrap="wrap">
          <TextInput label="New group" placeholder="Order discounts" value={name} onChange={(event) => { setName(event.currentTarget.value); }} />
          <Select aria-label="How many win" data={PER} value={per} allowDeselect={false} onChange={(value) => { if (value) setPer(value); }} />
          <Button variant="default" loading={add.isPending} onClick={() => { if (name.trim()) add.mutate(null, { onSuccess: () => { setName(''); }, onError: failToast }); }}>Add group</Button>
        </Group>
      )}
    </Section>
  );
}
