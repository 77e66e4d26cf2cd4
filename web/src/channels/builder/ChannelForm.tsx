import { Alert, Button, Group } from '@mantine/core';
import { memo, useEffect, useState, type ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { AppForm, Conflict, differencesOf, doneToast, useAppForm } from '@/kit';
import { refresh, type Channel } from '../model';
import { tokensOf } from '../placeholders';
import { LivePreview } from '../preview/LivePreview';
import { listed } from '../words';
import { AccessSection } from './AccessSection';
import { AnswerSection, LimitsSection } from './AnswerSection';
import { InboundSection } from './InboundSection';
import { RequestSection } from './RequestSection';
import { check, definitionOf, gathered, labels, settingsOf, valuesOf, type Values } from './values';
import { ContactSection, WhatSection } from './WhatSection';
import css from './builder.module.css';

const parts = [['what', 'What it is'], ['content', 'Contact and fields'], ['access', 'Access'], ['request', 'Request'], ['answer', 'Response rules'], ['inbound', 'Events back'], ['limits', 'Limits']] as const;

const jump = (part: string) => { document.getElementById(`channel-${part}`)?.scrollIntoView({ block: 'start' }); };

/** Draws a part again only when something that it shows has changed: a page of so many fields would be slow to type in. */
const Part = memo(({ draw }: { of: string; draw: () => ReactNode }) => draw(), (before, now) => before.of === now.of);
Part.displayName = 'Part';

/** Everything that makes a channel, on one page; beside it the request that comes of it. */
export function ChannelForm({ channel, canUpdate, onDirty }: { channel: Channel; canUpdate: boolean; onDirty: (dirty: boolean) => void }) {
  const form = useAppForm<Values>({ initialValues: valuesOf(channel), check });
  const { form: f, reset } = form;
  const [seen, setSeen] = useState(channel.revision);
  const [clash, setClash] = useState<{ theirs: Channel; words: string } | null>(null);
  const path = { params: { path: { channel_id: channel.id } } };
  const save = useAction({
    refresh,
    run: ({ v, revision }: { v: Values; revision: number }) => {
      const definition = definitionOf(v.definition);
      return ok(api.PATCH('/api/v1/channels/{channel_id}', { ...path, body: { name: v.name.trim(), icon: v.icon, description: v.description.trim(), settings: settingsOf(v), revision, ...(definition ? { definition } : {}) } }));
    },
  });
  const dirty = f.isDirty();
  useEffect(() => { onDirty(dirty); }, [dirty, onDirty]);
  useEffect(() => {
    if (dirty || channel.revision <= seen) return;
    reset(valuesOf(channel)); // changed elsewhere while nothing is unsaved here
    setSeen(channel.revision);
  }, [channel, seen, dirty, reset]);
  const send = async (v: Values, revision: number) => {
    try {
      const saved = await save.mutateAsync({ v, revision });
      setSeen(saved.revision);
      reset(valuesOf(saved));
      doneToast(`${saved.name} saved`);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 409 && problem.errors.some((e) => e.pointer === '/revision')) setClash({ theirs: await ok(api.GET('/api/v1/channels/{channel_id}', path)), words: problem.detail.split('. ')[0] ?? problem.title });
      throw gathered(error);
    }
  };
  const take = (theirs: Channel) => { reset(valuesOf(theirs)); setSeen(theirs.revision); setClash(null); };
  const keep = async (theirs: Channel) => {
    setClash(null);
    setSeen(theirs.revision);
    await form.submit((v) => send(v, theirs.revision));
  };
  const missing = channel.missing.map((key) => channel.definition.settings.find((s) => s.key === key)?.label ?? key);
  const v = f.values, d = v.definition, tokens = tokensOf(d);
  const part = (name: (typeof parts)[number][0], shows: readonly unknown[], draw: () => ReactNode) => <div key={name} id={`channel-${name}`}><Part of={JSON.stringify([...shows, f.errors, channel.revision])} draw={draw} /></div>;
  return (
    <div className={css.layout}>
      <div className={css.form}>
        <AppForm state={form} mode="edit" saveLabel="Save channel" onSave={(v) => send(v, seen)}>
          {clash && <Conflict words={clash.words} at={clash.theirs.updated_at} differences={differencesOf(valuesOf(clash.theirs), f.values, labels)} onTheirs={() => { take(clash.theirs); }} onMine={() => void keep(clash.theirs)} onClose={() => { setClash(null); }} />}
          {missing.length > 0 && <Alert color="marigold" title="Nothing can be sent yet">Fill in {listed(missing, 'and')} under Access.{' '}<Button variant="default" size="compact-sm" ml="xs" onClick={() => { jump('access'); }}>Go to Access</Button></Alert>}
          <Group component="nav" gap={4} aria-label="Parts of the channel">{parts.map(([part, label]) => <Button key={part} variant="subtle" size="compact-sm" onClick={() => { jump(part); }}>{label}</Button>)}</Group>
          <fieldset disabled={!canUpdate} style={{ border: 0, margin: 0, padding: 0, minWidth: 0, display: 'contents' }}>
            {part('what', [v.name, v.icon, v.description], () => <WhatSection form={f} />)}
            {part('content', [d.contact, d.content], () => <ContactSection form={f} />)}
            {part('access', [d.settings, d.auth, v.settings], () => <AccessSection form={f} channel={channel} />)}
            {part('request', [d.request, d.settings, v.settings, tokens], () => <RequestSection form={f} tokens={tokens} />)}
            {part('answer', [d.answer], () => <AnswerSection form={f} />)}
            {part('inbound', [d.inbound, d.settings, channel.last_inbound_at], () => <InboundSection form={f} channel={channel} />)}
            {part('limits', [d.limits], () => <LimitsSection form={f} />)}
          </fieldset>
        </AppForm>
      </div>
      <aside className={css.aside} aria-label="Preview"><LivePreview channelId={channel.id} values={f.values} /></aside>
    </div>
  );
}
