import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useAnnounce } from '@/kit';
import { pointerToPath } from '@/api/problem';
import { samplesOf } from './builder/values';
import type { Channel } from './model';
import { AnswerView, NoAnswer, RequestView, VerdictView } from './preview/RequestView';
import { filledIn, SampleFields, type Sample } from './preview/SampleFields';
import { verdictLook } from './words';

/** Sends one message to somebody, and shows what was asked, what came back, and what that means. */
export function TryPanel({ channel, unsaved }: { channel: Channel; unsaved: boolean }) {
  const { contact, content } = channel.definition;
  const [sample, setSample] = useState<Sample>({ contact: '', content: filledIn(samplesOf(content.filter((f) => f.required))) });
  const [empty, setEmpty] = useState(false);
  const send = useAction({ run: (v: Sample, { headers }) => ok(api.POST('/api/v1/channels/{channel_id}/try', { params: { path: { channel_id: channel.id } }, body: { contact: v.contact.trim(), content: filledIn(v.content) }, headers })) });
  const done = send.data;
  useAnnounce(done?.verdict ? `${verdictLook[done.verdict.outcome].label}. ${done.verdict.reason}` : done?.error ?? '');
  const errors: Record<string, string> = Object.fromEntries((send.error?.errors ?? []).map((e) => [pointerToPath(e.pointer), e.message]));
  if (empty) errors['contact'] = `Enter whom it goes to: ${(contact.label || 'contact').toLowerCase()}`;
  const placed = Object.keys(errors).filter((at) => at === 'contact' || content.some((f) => at === `content.${f.key}`)).length;
  const start = () => {
    setEmpty(!sample.contact.trim());
    if (sample.contact.trim()) send.mutate(sample);
  };
  return (
    <Stack gap="md">
      {unsaved && <Alert color="marigold">You have unsaved changes: what is saved is tried.</Alert>}
      {channel.missing.length > 0 && <Alert color="marigold" title="It cannot send yet">Something under Access is not filled in.</Alert>}
      <Text size="sm" c="dimmed">One message really goes out. It counts in no report.</Text>
      <form noValidate onSubmit={(e) => { e.preventDefault(); start(); }}>
        <Stack gap="md">
          <SampleFields contact={contact} content={content} value={sample} errors={errors} onChange={(next) => { setSample(next); setEmpty(false); }} />
          <Group><Button type="submit" loading={send.isPending}>Send one message</Button></Group>
        </Stack>
      </form>
      {send.error && placed < Math.max(1, send.error.errors.length) && <Alert color="clay" title="It was not tried">{[...send.error.errors.filter((e) => !(pointerToPath(e.pointer) in errors && placed > 0)).map((e) => e.message), send.error.errors.length === 0 ? send.error.detail || send.error.title : ''].filter(Boolean).join('. ')}</Alert>}
      {done?.verdict && <section aria-label="Verdict"><Title order={3} size="h4" mb="xs">What it means</Title><VerdictView verdict={done.verdict} /></section>}
      {done?.error && <NoAnswer error={done.error} />}
      {done?.answer && <section aria-label="Answer"><Title order={3} size="h4" mb="xs">What was answered</Title><AnswerView answer={done.answer} /></section>}
      {done?.request && <section aria-label="Request"><Title order={3} size="h4" mb="xs">What was asked</Title><RequestView request={done.request} /></section>}
    </Stack>
  );
}
