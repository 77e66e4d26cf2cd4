import { Alert, Button, Collapse, Group, List, NumberInput, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import { Delayed, Section, SkeletonPanel, useTold } from '@/kit';
import { definitionOf, samplesOf, settingsOf, type Values } from '../builder/values';
import { RequestView, VerdictView } from './RequestView';
import { filledIn, SampleFields, type Sample } from './SampleFields';

interface Judged { status: number | string; body: string }

function usePreview(channelId: number, values: Values, sample: Sample | null, judged: Judged) {
  const definition = definitionOf(values.definition);
  const status = judged.status === '' ? 0 : Number(judged.status);
  const answer = Number.isInteger(status) && status >= 100 && status <= 599 ? { status, body: judged.body } : null;
  const content = filledIn(sample?.content ?? samplesOf(values.definition.content));
  const known = new Set(values.definition.content.map((f) => f.key));
  const now = { definition, settings: settingsOf(values), contact: sample?.contact ?? '', content: Object.fromEntries(Object.entries(content).filter(([key]) => known.has(key))), answer };
  const [asked] = useDebouncedValue(JSON.stringify(now), 400);
  return useQuery({
    queryKey: ['channels', channelId, 'preview', asked], enabled: definition !== null, placeholderData: keepPreviousData, gcTime: 10_000, retry: false,
    queryFn: ({ signal }) => ok(api.POST('/api/v1/channels/{channel_id}/preview', { params: { path: { channel_id: channelId } }, body: JSON.parse(asked) as typeof now, signal })),
  });
}

function Faults({ error }: { error: unknown }) {
  useTold(error);
  const problem = toProblem(error);
  return (
    <Alert color="marigold" title="No request can be made of this yet">
      {problem.errors.length === 0 ? problem.detail || problem.title : <List size="sm" withPadding={false}>{problem.errors.slice(0, 6).map((e) => <List.Item key={e.pointer + e.message}>{e.message}</List.Item>)}</List>}
    </Alert>
  );
}

/** The request that would be made, while the definition is being written; nothing is sent. */
export function LivePreview({ channelId, values }: { channelId: number; values: Values }) {
  const [sample, setSample] = useState<Sample | null>(null); // examples until something is entered
  const [judged, setJudged] = useState<Judged>({ status: '', body: '' });
  const [open, toggle] = useDisclosure(false);
  const query = usePreview(channelId, values, sample, judged);
  const { contact, content } = values.definition;
  return (
    <>
      <Section title="The request it makes" text="With example values, and dots in place of secrets.">
        {query.error ? <Faults error={query.error} /> : query.data ? (
          <>
            {query.data.error && <Alert color="marigold" title="No request can be made of this yet">{query.data.error}</Alert>}
            {query.data.request && <RequestView request={query.data.request} />}
          </>
        ) : <Delayed><SkeletonPanel lines={4} /></Delayed>}
        <Group><Button variant="subtle" size="compact-sm" aria-expanded={open} onClick={toggle.toggle}>{open ? 'Hide the values' : 'Use other values…'}</Button></Group>
        <Collapse expanded={open}>{open && <SampleFields contact={contact} content={content} value={sample ?? { contact: contact.example, content: samplesOf(content) }} onChange={setSample} />}</Collapse>
      </Section>
      <Section title="What an answer means">
        <Stack gap="sm">
          <NumberInput label="Status of the answer" placeholder="200" min={100} max={599} hideControls value={judged.status} onChange={(status) => { setJudged({ ...judged, status }); }} />
          <Textarea label="Body of the answer" placeholder={'{"ok": true}'} autosize minRows={2} maxRows={10} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} value={judged.body} onChange={(e) => { setJudged({ ...judged, body: e.currentTarget.value }); }} />
          {!query.error && query.data?.verdict ? <VerdictView verdict={query.data.verdict} /> : <Text size="sm" c="dimmed">Enter a status, and see which rule decides.</Text>}
        </Stack>
      </Section>
    </>
  );
}
