import { Checkbox, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CodeEditor, Section } from '@/kit';
import type { TokenGroup } from '../placeholders';
import { JsonTree } from './JsonTree';
import { NamedRows, placed } from './NamedRows';
import { PlaceholderInput } from './PlaceholderInput';
import type { Form } from './Rows';
import { parsed, written } from './tree';
import css from './builder.module.css';

const bodies = [{ value: 'json', label: 'JSON' }, { value: 'form', label: 'Form fields' }, { value: 'text', label: 'Text or XML' }, { value: 'none', label: 'Nothing' }];

function JsonBody({ form, tokens }: { form: Form; tokens: readonly TokenGroup[] }) {
  const [view, setView] = useState('rows');
  const path = 'definition.request.json', text = form.values.definition.request.json, fault = parsed(text).error;
  const error = form.errors[path];
  const rows = view === 'rows' && fault === null;
  return (
    <Stack gap="xs">
      <SegmentedControl aria-label="How the body is edited" size="xs" style={{ alignSelf: 'flex-start' }} value={rows ? 'rows' : 'code'} data={[{ value: 'rows', label: 'Rows', disabled: fault !== null }, { value: 'code', label: 'JSON' }]}
        onChange={(next) => { if (next === 'code') form.setFieldValue(path, written(parsed(text).value)); setView(next); }} />
      {rows ? <JsonTree value={text} tokens={tokens} onChange={(next) => { form.setFieldValue(path, next); }} />
        : <CodeEditor bare label="Body as JSON" language="json" height={240} value={text} completions={tokens.flatMap((g) => g.items.map((t) => t.token))} onChange={(next) => { form.setFieldValue(path, next); }} />}
      <Text size="xs" c="dimmed">A field whose value is missing is left out. {'$#{…}'} alone keeps a number or yes/no as such; {'${contact|digits}'} keeps only the digits; {'${content.sender or settings.sender}'} takes the first that is there.</Text>
      {(error ?? (fault !== null && !rows)) && <Text c="error" size="sm" role="alert" tabIndex={-1} data-path={path}>{error ?? `This cannot be read as JSON: ${fault ?? ''}`}</Text>}
    </Stack>
  );
}

/** The request that sends one message. */
export function RequestSection({ form, tokens }: { form: Form; tokens: readonly TokenGroup[] }) {
  const { request, settings } = form.values.definition;
  const open = request.allow_http || request.url.startsWith('http://') || settings.some((s) => s.type === 'url' && String(form.values.settings[s.key] ?? '').startsWith('http://'));
  return (
    <Section title="Request" text="What is asked of the provider for each message. Values are put in where placeholders stand, and are kept from breaking out of their place.">
      <div className={css.line}>
        <Select label="Method" w={112} allowDeselect={false} data={['POST', 'PUT', 'PATCH', 'GET']} value={request.method}
          onChange={(method) => { form.setFieldValue('definition.request.method', (method ?? 'POST')); if (method === 'GET') form.setFieldValue('definition.request.body', 'none'); }} />
        <div className={css.grow} style={{ flexBasis: 260 }}><PlaceholderInput label="Address" placeholder="https://api.example.com/messages" tokens={tokens} {...placed(form, 'definition.request.url')} /></div>
      </div>
      {open && <Checkbox label="Send unencrypted" description="Anybody on the way can read what goes to http://" {...form.getInputProps('definition.request.allow_http', { type: 'checkbox' })} />}
      <NamedRows form={form} part="query" title="Parameters of the address" text="What stands behind the question mark." noun="parameter" example="format" tokens={tokens} most={50} />
      <NamedRows form={form} part="headers" title="Headers" text="Beside the one that signs in, which stands under Access." noun="header" example="X-Sender" tokens={tokens} most={15} />
      {request.method !== 'GET' && (
        <Stack gap="sm">
          <Select label="Body" w={220} allowDeselect={false} data={bodies} {...form.getInputProps('definition.request.body')} />
          {request.body === 'json' && <JsonBody form={form} tokens={tokens} />}
          {request.body === 'form' && <NamedRows form={form} part="form" title="Fields of the form" text="Sent as application/x-www-form-urlencoded." noun="field" example="text" tokens={tokens} most={100} />}
          {request.body === 'text' && (
            <>
              <TextInput label="Type of the content" description="XML and JSON types make values safe for them" placeholder="text/xml; charset=utf-8" {...form.getInputProps('definition.request.content_type')} />
              <PlaceholderInput label="Text of the body" rows={6} tokens={tokens} {...placed(form, 'definition.request.text')} />
            </>
          )}
        </Stack>
      )}
      <Checkbox label="The provider knows repeated requests by our message id" description="Then a request without an answer is sent again; otherwise it counts as unknown, so that nobody gets a message twice. The request has to tell ${message.id}." {...form.getInputProps('definition.request.idempotent', { type: 'checkbox' })} />
    </Section>
  );
}
