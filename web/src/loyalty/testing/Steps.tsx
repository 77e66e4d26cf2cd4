import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { formatAmount, formatCount, formatPoints, ToneBadge } from '@/kit';
import type { Program } from '../programs/model';
import type { Step, Tested, TestOrder } from './model';
import { Reasons } from './Reasons';

const FEW = 12;

function effect(step: Step, currency: string): string {
  if (step.before === null || step.after === null) return '';
  const write = (amount: string) => (step.measure === 'points' ? formatPoints(amount) : formatAmount(amount, currency));
  const words = `${write(step.before)} → ${write(step.after)}`;
  return step.measure === 'redeemable' ? `points may pay ${words}` : words;
}

interface OneProps { step: Step; currency: string; number: number | null; program: Program; order: TestOrder | null }

function One({ step, currency, number, program, order }: OneProps) {
  const [open, setOpen] = useState(false);
  const applied = step.status === 'applied';
  return (
    <Group gap="sm" wrap="nowrap" align="start" component="li">
      {applied ? <IconCheck size={18} aria-label="applied" color="var(--mantine-color-fjord-filled)" /> : <IconX size={18} aria-label="not applied" color="var(--mantine-color-dimmed)" />}
      <div style={{ minWidth: 0, flex: 1 }}>
        <Group gap="xs" justify="space-between" align="start">
          <Text fw={applied ? 600 : 400} style={{ overflowWrap: 'anywhere' }}>{number !== null && `${String(number)}. `}{step.name}</Text>
          <Group gap="xs">
            {step.status === 'skipped' && <ToneBadge>arbitrated away</ToneBadge>}
            <Button variant="subtle" size="compact-xs" aria-expanded={open} aria-label={`${open ? 'Hide rules' : 'Rules'} of ${step.name}`} onClick={() => { setOpen(!open); }}>{open ? 'Hide rules' : 'Rules'}</Button>
          </Group>
        </Group>
        <Text size="sm" c="dimmed">{applied ? [step.lines.length > 0 && `on ${formatCount(step.lines.length, 'line', 'lines')}`, effect(step, currency), step.limited && 'held back by a cap, limit or floor'].filter(Boolean).join(' · ') : step.why}</Text>
        {open && <Reasons programId={program.id} databaseId={program.database_id} order={order} promotion={step.promotion} />}
      </div>
    </Group>
  );
}

/** Every promotion of the program, in the order of trying: what it did, or why it did nothing, and what its rules saw. */
export function Steps({ tested, program, order }: { tested: Tested; program: Program; order: TestOrder | null }) {
  const [asked, setAsked] = useState('');
  const { trace, currency } = tested.result;
  const applied = trace.filter((step) => step.status === 'applied'), others = trace.filter((step) => step.status !== 'applied');
  const found = others.filter((step) => step.name.toLowerCase().includes(asked.trim().toLowerCase()));
  const same = { currency, program, order };
  return (
    <Stack gap="sm">
      <Text>{formatCount(trace.length, 'promotion', 'promotions')}, {applied.length} applied</Text>
      <Stack gap="xs" component="ol" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Applied">{applied.map((step, n) => <One key={step.promotion} step={step} number={n + 1} {...same} />)}</Stack>
      {others.length > FEW && <TextInput label="Why not this one?" placeholder="Name of a promotion" value={asked} onChange={(event) => { setAsked(event.currentTarget.value); }} />}
      <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Not applied">{found.slice(0, FEW).map((step) => <One key={step.promotion} step={step} number={null} {...same} />)}</Stack>
      {found.length > FEW && <Text size="sm" c="dimmed">and {found.length - FEW} more; search for one by its name</Text>}
    </Stack>
  );
}
