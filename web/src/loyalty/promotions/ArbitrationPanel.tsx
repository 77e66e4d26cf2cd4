import { Group, NumberInput, Radio, Select, Stack } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, Section } from '@/kit';
import type { Program } from '../programs/model';
import type { Arbitration } from './model';
import { OtherWay } from './OtherWay';

/** What happens when several fit, and when the points of an order count. */
export function ArbitrationPanel({ program, arbitration }: { program: Program; arbitration: Arbitration }) {
  const can = useCan('loyalty:update');
  const change = useAction({ refresh: [['promotions'], ['programs']], run: (body: Partial<Pick<Arbitration, 'mode' | 'base' | 'accrue_on' | 'return_days'>>) => ok(api.PATCH('/api/v1/loyalty/programs/{program_id}/arbitration', { params: { path: { program_id: program.id } }, body })) });
  const set = (body: Parameters<typeof change.mutate>[0]) => { change.mutate(body, { onSuccess: () => { doneToast('Saved: the next order goes by it'); }, onError: failToast }); };
  return (
    <Section title="When several fit">
      <Stack gap="sm">
        <Radio.Group aria-label="When several fit" value={arbitration.mode} onChange={(mode) => { set({ mode: mode }); }}>
          <Stack gap={6}>
            <Radio disabled={!can} value="priority" label="In the order below" description="The first one that fits wins its group" />
            <Radio disabled={!can} value="best" label="Best for the customer" description="The choice with the largest discount and points; never worse than the order below" />
          </Stack>
        </Radio.Group>
        <OtherWay programId={program.id} mode={arbitration.mode} />
        <Group gap="sm" align="flex-end" wrap="wrap">
          <Select disabled={!can} label="Percentages are taken of" w={220} allowDeselect={false} data={[{ value: 'discounted', label: 'the price so far' }, { value: 'initial', label: 'the first price' }]} value={arbitration.base} onChange={(base) => { if (base) set({ base: base }); }} />
          <Select disabled={!can} label="Points are credited when" w={220} allowDeselect={false} data={[{ value: 'committed', label: 'the order is placed' }, { value: 'paid', label: 'the order is paid' }, { value: 'delivered', label: 'the order is delivered' }]} value={arbitration.accrue_on} onChange={(on) => { if (on) set({ accrue_on: on }); }} />
          <NumberInput disabled={!can} label="Usable after" description="days from then, for returns" w={220} min={0} max={3650} defaultValue={arbitration.return_days} onBlur={(event) => { const days = Number(event.currentTarget.value); if (days !== arbitration.return_days) set({ return_days: days }); }} />
        </Group>
      </Stack>
    </Section>
  );
}
