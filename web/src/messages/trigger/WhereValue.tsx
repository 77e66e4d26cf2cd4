import { MultiSelect, Select, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { consentChannels, useChannels } from '@/channels/model';
import { manyValues, typed, useFields, type WhereRow } from './model';

interface Props { databaseId: number; row: WhereRow; type: string; options: readonly string[]; onChange: (value: unknown) => void }

const statuses = ['subscribed', 'unconfirmed', 'unsubscribed', 'suspended', 'complained', 'bounced'];

const groups = ['test', 'control'];

const part = { flex: '2 1 150px', minWidth: 0 };

/** What a property that is a number of something may be, by name. */
function useNamed(field: string, databaseId: number): { value: string; label: string }[] | undefined {
  const segments = useQuery({ queryKey: ['segments', 'choice', databaseId], enabled: field === 'trigger.segment', queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { limit: 1000, database: databaseId } }, signal })) }).data?.items;
  const mailings = useQuery({ queryKey: ['mailings', 'choice', databaseId], enabled: field === 'trigger.mailing', queryFn: ({ signal }) => ok(api.GET('/api/v1/mailings', { params: { query: { limit: 1000, database: databaseId } }, signal })) }).data?.items;
  const resources = useQuery({ queryKey: ['resources', 'all'], enabled: field === 'trigger.resource', queryFn: ({ signal }) => ok(api.GET('/api/v1/resources', { params: { query: { limit: 1000 } }, signal })) }).data?.items;
  const campaigns = useQuery({ queryKey: ['campaigns', 'choice', databaseId], enabled: field === 'trigger.campaign', queryFn: ({ signal }) => ok(api.GET('/api/v1/campaigns', { params: { query: { limit: 1000, database: databaseId } }, signal })) }).data?.items;
  const found = field === 'trigger.campaign' ? campaigns ?? [] : field === 'trigger.segment' ? segments?.filter((s) => s.type !== 'dynamic') ?? [] : field === 'trigger.mailing' ? mailings ?? [] : field === 'trigger.resource' ? resources ?? [] : undefined;
  return found?.map((item) => ({ value: String(item.id), label: item.name }));
}

/** The right side of one line. */
export function WhereValue({ databaseId, row, type, options, onChange }: Props) {
  const named = useNamed(row.field, databaseId);
  const fields = useFields(databaseId) ?? [];
  const channels = consentChannels(useChannels()).map((c) => c.value);
  const known = row.field === 'trigger.channel' ? channels : row.field === 'trigger.status' || row.field === 'trigger.previous' ? statuses : row.field === 'trigger.group' ? groups : options.length > 0 ? [...options] : undefined;
  const text = typeof row.value === 'string' || typeof row.value === 'number' || typeof row.value === 'boolean' ? String(row.value) : '';
  const list = Array.isArray(row.value) ? row.value.map(String) : [];
  if (manyValues(row.op)) {
    const put = (values: string[]) => { onChange(values.map((v) => (type === 'tags' ? v : typed(v, type)))); };
    if (row.field === 'trigger.fields') return <MultiSelect aria-label="Values" style={part} data={fields.map((f) => ({ value: f.name, label: f.label || f.name }))} value={list} onChange={put} />;
    return named ? <MultiSelect aria-label="Values" searchable style={part} data={named} value={list} onChange={put} /> : <TagsInput aria-label="Values" style={part} data={known ?? []} value={list} onChange={put} />;
  }
  if (named) return <Select aria-label="Value" searchable style={part} placeholder="choose…" data={named} value={text || null} onChange={(v) => { onChange(v ? Number(v) : ''); }} />;
  if (type === 'boolean') return <Select aria-label="Value" allowDeselect={false} style={part} data={[{ value: 'true', label: 'yes' }, { value: 'false', label: 'no' }]} value={text || null} onChange={(v) => { onChange(v === 'true'); }} />;
  if (known) return <Select aria-label="Value" style={part} placeholder="choose…" data={known} value={text || null} onChange={(v) => { onChange(v ?? ''); }} />;
  return <TextInput aria-label="Value" style={part} type={type === 'date' || type === 'datetime' ? 'date' : 'text'} value={text} onChange={(e) => { onChange(typed(e.currentTarget.value, type)); }} />;
}
