import { Alert, Stack, Text } from '@mantine/core';
import type { components } from '@/api/schema';
import { Details, formatDuration, StateBadge } from '@/kit';
import type { Verdict } from '../model';
import { verdictLook } from '../words';
import css from '../builder/builder.module.css';

type Schemas = components['schemas'];

const pretty = (body: string): string => {
  try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return body; } // a form, a text, or the beginning of a long answer
};

/** A request as it is made, with dots in place of secrets. */
export function RequestView({ request }: { request: Schemas['RequestShown'] }) {
  return (
    <Stack gap="xs">
      <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}><span className={css.method}>{request.method}</span> {request.url}</Text>
      <Lines lines={request.headers} label="Headers of the request" />
      {request.body !== '' && <pre className={css.pre} tabIndex={0} aria-label="Body of the request">{pretty(request.body)}</pre>}
    </Stack>
  );
}

function Lines({ lines, label }: { lines: readonly Schemas['HeaderLine'][]; label: string }) {
  if (lines.length === 0) return null;
  return <ul aria-label={label} style={{ margin: 0, padding: 0, listStyle: 'none', fontSize: 12 }}>{lines.map((line) => <li key={line.name} style={{ overflowWrap: 'anywhere' }}><Text span inherit c="dimmed">{line.name}:</Text> {line.value}</li>)}</ul>;
}

/** What came back. */
export function AnswerView({ answer }: { answer: Schemas['AnswerShown'] }) {
  return (
    <Stack gap="xs">
      <Text size="sm">Status <b>{answer.status}</b>, after {formatDuration(answer.duration_ms)}</Text>
      {answer.body ? <pre className={css.pre} tabIndex={0} aria-label="Body of the answer">{pretty(answer.body)}</pre> : <Text size="sm" c="dimmed">It had no body.</Text>}
    </Stack>
  );
}

/** What an answer means for the message. */
export function VerdictView({ verdict }: { verdict: Verdict }) {
  const { state, label, words } = verdictLook[verdict.outcome];
  return (
    <Stack gap="xs">
      <div><StateBadge state={state} label={label} /></div>
      <Text size="sm">{words}{verdict.unsubscribes && ' Their subscription on this channel would end.'}</Text>
      <Details items={[
        ['Decided by', verdict.rule === null ? 'no rule fits' : `rule ${verdict.rule + 1}`], ...(verdict.reason ? [['Reason', verdict.reason] as const] : []),
        ...(verdict.message_id ? [['The provider’s id', verdict.message_id] as const] : []), ...(verdict.retry_after === null ? [] : [['Wait', formatDuration(verdict.retry_after * 1000)] as const]),
      ]} />
    </Stack>
  );
}

export function NoAnswer({ error }: { error: string }) {
  return <Alert color="clay" title="There is no answer">{error}</Alert>;
}
