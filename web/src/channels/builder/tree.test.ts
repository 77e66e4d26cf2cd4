import { describe, expect, it } from 'vitest';
import { Problem } from '@/api/problem';
import { blank, type Channel } from '../model';
import { asKind, changed, doubled, fresh, parsed, toNode, toValue, without } from './tree';
import { check, definitionOf, gathered, samplesOf, settingsOf, valuesOf } from './values';

const body = { chat_id: '${contact}', ok: true, n: 4.5, none: null, rows: [[{ text: 'a' }], 'b'], empty: {} };

const faults = (found: Record<string, string | null>) => Object.entries(found).filter(([, words]) => words !== null).map(([at]) => at).sort();

describe('JSON as rows', () => {
  it('comes back as it was', () => { expect(toValue(toNode(body))).toEqual(body); });

  it('is changed, emptied and given another kind in one place', () => {
    const root = toNode(body), first = root.children[0];
    if (!first) throw new Error('the object has fields');
    expect(toValue(changed(root, first.id, (n) => ({ ...n, value: '7' })))).toMatchObject({ chat_id: '7', ok: true });
    expect(Object.keys(toValue(without(root, first.id)) as object)).not.toContain('chat_id');
    expect(toValue(asKind({ ...first, value: '12' }, 'number'))).toBe(12);
    expect(toValue(asKind(first, 'number'))).toBe(0);
    expect(toValue(asKind(first, 'object'))).toEqual({});
  });

  it('tells names that stand twice', () => {
    const root = { ...fresh('object'), children: [fresh('text', 'a'), { ...fresh('object', 'b'), children: [fresh('text', 'c'), fresh('text', 'c')] }] };
    expect(doubled(root)).toEqual(['c']);
  });

  it('that cannot be read says so', () => {
    expect(parsed('{"a":').error).toBeTruthy();
    expect(parsed('  ')).toEqual({ value: {}, error: null });
  });
});

const channel: Channel = {
  id: 3, key: 'chat', name: 'Chat', icon: 'message', description: '', definition: { ...blank, settings: [...blank.settings, { key: 'base', label: 'Base', type: 'url', required: false, default: 'https://x.example', help: '' }, { key: 'size', label: 'Size', type: 'number', required: false, default: '', help: '' }] },
  settings: { base: 'https://y.example' }, secrets: ['token'], missing: [], revision: 2, last_inbound_at: null, archived_at: null, created_at: '2026-11-01T10:00:00Z', updated_at: '2026-11-01T10:00:00Z',
};

describe('the form of a channel', () => {
  it('gives back the definition it was made of', () => {
    const v = valuesOf(channel);
    expect(definitionOf(v.definition)).toEqual(channel.definition);
    expect(faults(check(v))).toEqual([]);
  });

  it('sends an emptied value as null, and leaves a secret that nobody typed', () => {
    const v = valuesOf(channel);
    expect(settingsOf(v)).toEqual({ base: 'https://y.example', size: null });
    expect(settingsOf({ ...v, settings: { token: ' s3cret ', base: '', size: '7' } })).toEqual({ token: 's3cret', base: null, size: 7 });
  });

  it('says what is missing at its field', () => {
    const v = valuesOf(channel), first = v.definition.content[0];
    if (!first) throw new Error('there is a field');
    v.definition = { ...v.definition, content: [first, first, { ...first, key: 'A b', label: '' }], request: { ...v.definition.request, json: '{', url: '' }, answer: { ...v.definition.answer, rules: [{ statuses: [], conditions: [], outcome: 'sent', reason: '', unsubscribes: false }] } };
    expect(faults(check({ ...v, name: ' ' }))).toEqual(['definition.answer.rules.0.statuses', 'definition.content.1.key', 'definition.content.2.key', 'definition.content.2.label', 'definition.request.json', 'definition.request.url', 'name']);
    expect(definitionOf(v.definition)).toBeNull();
  });

  it('puts faults from deep inside the JSON at its editor', () => {
    const problem = gathered(new Problem({ status: 422, title: 'Invalid', errors: [{ pointer: '/definition/request/json/a/b', message: 'unknown' }, { pointer: '/name', message: 'x' }] }));
    expect(problem).toMatchObject({ errors: [{ pointer: '/definition/request/json', message: 'a.b: unknown' }, { pointer: '/name', message: 'x' }] });
  });

  it('has examples of what may be sent', () => {
    expect(samplesOf([{ key: 'a', label: 'Text', type: 'text', required: true, options: [] }, { key: 'b', label: '', type: 'boolean', required: false, options: [] }, { key: 'c', label: '', type: 'choice', required: false, options: [{ value: 'x' }] }])).toEqual({ a: 'Text', b: true });
  });
});
