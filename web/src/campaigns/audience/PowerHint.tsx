import { Group, NumberInput, Stack, Text } from '@mantine/core';
import { formatCount, formatNumber, formatPercent, useAnnounce } from '@/kit';
import type { StrataPlan } from '../model';

/** What a reader types: percent, and points. */
export interface Guess { rate: number | string; lift: number | string }
export const firstGuess: Guess = { rate: '', lift: '' };

const between = (value: number | string) => value !== '' && Number(value) > 0 && Number(value) < 100;
/** As the API wants it; what cannot be is left to the server's own supposition. */
export const supposedOf = ({ rate, lift }: Guess) => ({ rate: between(rate) ? Number(rate) / 100 : null, lift: between(lift) ? Number(lift) / 100 : null });

/** Two or three digits: more would pretend to know. */
function about(n: number): string {
  const step = 10 ** Math.max(0, String(Math.round(n)).length - 2);
  return formatNumber(Math.ceil(n / step) * step);
}

const points = (share: number, unit: string) => `${formatNumber(Number((share * 100).toFixed(2)))} ${unit}`;

type Plan = Pick<StrataPlan, 'people' | 'control' | 'rate' | 'detectable' | 'lift' | 'needed'>;

/** What can be seen with so many people kept back. */
export function seenWords({ control, rate, detectable }: Plan): string {
  if (control === 0) return 'Nobody would be kept back, so nothing could be compared.';
  if (detectable === null || rate + detectable >= 1) return `With ${formatCount(control, 'person', 'people')} kept back no change can be told from chance.`;
  return `With ${formatNumber(control)} kept back you can see a change from ${formatPercent(rate)} to ${formatPercent(rate + detectable)} or more, in four of five cases.`;
}

/** How many it takes to see the change that is wanted. */
export function neededWords({ people, control, rate, lift, needed }: Plan): string {
  const to = formatPercent(rate + lift);
  if (needed === null || needed >= people) return `A change to ${to} cannot be seen among so few, however many are kept back.`;
  if (needed <= control) return `A change to ${to} can be seen too.`;
  return `To see one to ${to}, keep back about ${about(needed)} people (${formatPercent(needed / people)}).`;
}

/** The smallest effect that can be seen, before anything is sent. */
export function PowerHint({ plan, guess, onGuess }: { plan: Plan; guess: Guess; onGuess: (guess: Guess) => void }) {
  const seen = seenWords(plan);
  useAnnounce(seen);
  return (
    <Stack gap="xs">
      <Text>{seen}</Text>
      <Text>{neededWords(plan)}</Text>
      <Group gap="sm" align="flex-end">
        <NumberInput label="Usual rate" description="of people who convert" inputWrapperOrder={['label', 'input', 'description']} placeholder={points(plan.rate, '%')} suffix=" %" min={0} max={100} decimalScale={2} step={1} w={140} value={guess.rate} onChange={(rate) => { onGuess({ ...guess, rate }); }} />
        <NumberInput label="Change to see" description="more or fewer of them" inputWrapperOrder={['label', 'input', 'description']} suffix=" points" min={0} max={100} decimalScale={2} step={0.5} w={160} placeholder={points(plan.lift, 'points')} value={guess.lift} onChange={(lift) => { onGuess({ ...guess, lift }); }} />
      </Group>
    </Stack>
  );
}
