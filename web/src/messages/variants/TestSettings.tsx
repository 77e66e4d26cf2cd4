import { Autocomplete, Checkbox, NumberInput, Select, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { formatCount, Section } from '@/kit';
import type { Mailing } from '../model';
import { useEstimate } from '../Reach';
import { fallbacks, letter, metrics, ties, type TestValues } from './model';
import css from './variants.module.css';

interface Props { mailing: Mailing; test: TestValues; input: (path: string, options?: { type: 'checkbox' }) => object; unsaved: boolean }

const Line = ({ children }: { children: ReactNode }) => <div className={css.sentence}>{children}</div>;
const Words = ({ children }: { children: ReactNode }) => <Text span className={css.words ?? ''}>{children}</Text>;

/** How many people that is, of those who would get the mailing now. */
function Sizes({ mailing, unsaved }: { mailing: Mailing; unsaved: boolean }) {
  const split = useEstimate(mailing).data?.split;
  if (!split || split.variants.length === 0 || unsaved) return null;
  const least = Math.min(...split.variants), most = Math.max(...split.variants);
  const each = least === most ? formatCount(most, 'person', 'people') : `${least} or ${formatCount(most, 'person', 'people')}`;
  return <Text size="sm" c="dimmed">As things stand each of {split.variants.map((_, n) => letter(n + 1)).join(', ')} goes to {each}, and the winner to {formatCount(split.rest, 'person', 'people')}.</Text>;
}

/** The test in words that can be filled in: who, how long, what wins, and what if nothing does. */
export function TestSettings({ mailing, test, input, unsaved }: Props) {
  const types = useQuery({ queryKey: ['event-types', 'choice', mailing.database_id], enabled: test.metric === 'goal', queryFn: ({ signal }) => ok(api.GET('/api/v1/event-types', { params: { query: { database: mailing.database_id } }, signal })) });
  const field = (name: keyof TestValues) => input(`split.test.${name}`);
  const byHand = test.metric === 'manual';
  return (
    <Section title="Test" text="The variants go to a part of the people first. The best of them goes to all the others.">
      <Line>
        <Words>Test on</Words>
        {test.by === 'share' ? <NumberInput aria-label="Part of the audience in percent" min={0} max={100} decimalScale={2} w={96} {...field('share')} /> : <NumberInput aria-label="Number of people in the test" min={2} thousandSeparator="," w={112} {...field('count')} />}
        <Select aria-label="Percent or people" allowDeselect={false} w={232} maw="100%" data={[{ value: 'share', label: 'percent of the audience' }, { value: 'count', label: 'people of the audience' }]} {...field('by')} />
      </Line>
      <Sizes mailing={mailing} unsaved={unsaved} />
      <Line>
        <Words>The winner has</Words>
        <Select aria-label="What decides" allowDeselect={false} w={312} maw="100%" data={metrics.map(({ value, label }) => ({ value, label }))} {...field('metric')} />
        {test.metric === 'goal' && <Autocomplete aria-label="Event that is the goal" placeholder="custom.signup" w={232} data={(types.data?.items ?? []).map((t) => t.name)} {...field('event')} />}
      </Line>
      {byHand ? <Text size="sm" c="dimmed">Nothing is sent to the others until you choose a winner in the report.</Text> : (
        <>
          <Line>
            <Words>It is chosen</Words>
            <Select aria-label="After a wait or at a moment" allowDeselect={false} w={96} data={[{ value: 'wait', label: 'after' }, { value: 'until', label: 'on' }]} {...field('ends')} />
            {test.ends === 'wait' ? (
              <>
                <NumberInput aria-label="How long to wait" min={1} w={80} {...field('wait')} />
                <Select aria-label="Unit of the wait" allowDeselect={false} w={112} data={['minutes', 'hours', 'days']} {...field('unit')} />
                <Words>from the test’s last mail on</Words>
              </>
            ) : <TextInput aria-label="When the winner is chosen" type="datetime-local" w={216} {...field('until')} />}
          </Line>
          <Line>
            <Words>and has to be at least</Words>
            <NumberInput aria-label="Least confidence in percent" min={0} max={99.99} decimalScale={2} w={96} {...field('confidence')} />
            <Words>percent sure{Number(test.confidence) === 0 ? ' (0 asks for none).' : '.'}</Words>
          </Line>
          {test.ends === 'wait' && <Checkbox label="Wait once more when nobody has reacted or it is not sure enough" {...input('split.test.extend', { type: 'checkbox' })} />}
          <Line>
            <Words>If it {test.ends === 'wait' && test.extend ? 'then still ' : ''}cannot be told, the others get</Words>
            <Select aria-label="What the others get when it cannot be told" allowDeselect={false} w={288} maw="100%" data={[...fallbacks]} {...field('fallback')} />
          </Line>
          <Line>
            <Words>Of equal variants</Words>
            <Select aria-label="Which of equal variants wins" allowDeselect={false} w={320} maw="100%" data={[...ties]} {...field('tie')} />
            <Words>wins.</Words>
          </Line>
        </>
      )}
    </Section>
  );
}
