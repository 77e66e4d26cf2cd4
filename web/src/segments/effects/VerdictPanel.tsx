import { Alert, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { extraWords, halves, type Effect, type Verdict } from './words';

/** No green before it is proved: what cannot be told is neither good nor bad. */
const tones: Readonly<Record<Verdict, string>> = { higher: 'moss', lower: 'clay', cannot_tell: 'iris', too_few: 'iris' };

interface VerdictPanelProps {
  verdict: Verdict;
  headline: string;
  /** the figure the verdict is of */
  effect: Effect | undefined;
  /** "extra buyers", "buyers lost" */
  noun: { more: string; fewer: string };
  /** whom the effect is counted among: "those who may be written to" */
  among: string;
  children?: ReactNode;
}

/** What follows, first and in plain words: the verdict, why, how many people that makes, and what could be seen at all. */
export function VerdictPanel({ verdict, headline, effect, noun, among, children }: VerdictPanelProps) {
  const { verdict: first, because } = halves(headline);
  const extra = extraWords(effect, noun, among);
  return (
    <Alert color={tones[verdict]} title={<Title order={2} size="h3">{first}</Title>}>
      <Stack gap={4}>
        {because && <Text size="md">{because}</Text>}
        {extra && <Text>{extra}</Text>}
        {effect?.detectable != null && <Text size="xs" c="dimmed">A group of this size shows a difference of {(effect.detectable * 100).toFixed(1)} points or more in four of five cases.</Text>}
        {children}
      </Stack>
    </Alert>
  );
}
