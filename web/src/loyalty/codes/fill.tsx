import { NumberInput, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, upload } from '@/api/client';
import { useAction } from '@/api/mutations';
import type { components } from '@/api/schema';
import { AppForm, doneToast, failToast, FileDrop, formatCount, formatNumber, SumBar, useAnnounce, useAppForm } from '@/kit';
import { momentOf, poolPath, refresh, type Pool } from './model';

interface MakeValues extends Record<string, unknown> { count: number | string; expires_at: string }

/** Says how many codes are wanted; a job makes them. */
export function MakeForm({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const most = Math.min(pool.room, 5_000_000);
  const form = useAppForm<MakeValues>({
    initialValues: { count: Math.min(1000, most), expires_at: '' },
    check: (v) => ({ count: Number.isInteger(Number(v.count)) && Number(v.count) >= 1 && Number(v.count) <= most ? null : `Enter 1 to ${formatNumber(most)}` }),
  });
  const start = useAction({
    refresh, run: (v: MakeValues, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/codes', { ...poolPath(pool.id), body: { count: Number(v.count), expires_at: momentOf(v.expires_at) }, headers })),
    onDone: () => { doneToast('Codes are being made'); onClose(); },
  });
  const n = Number(form.form.values.count) || 0;
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={`${pool.way === 'remote' ? 'Fetch' : 'Make'} ${formatCount(n, 'code', 'codes')}`} onCancel={onClose} onSave={(v) => start.mutateAsync(v)}>
      <NumberInput label="How many" description={`There is room for ${formatNumber(pool.room)} more`} min={1} max={most} thousandSeparator="," {...form.form.getInputProps('count')} />
      <TextInput label="They expire at" type="datetime-local" description="Empty: as the pool says" {...form.form.getInputProps('expires_at')} />
    </AppForm>
  );
}

function Outcome({ done }: { done: components['schemas']['ImportedCodes'] }) {
  const failed = done.items.filter((one) => one.status === 'refused').slice(0, 5);
  useAnnounce(`${formatCount(done.inserted, 'code is new', 'codes are new')}, ${formatNumber(done.refused)} refused`);
  return (
    <Stack gap="xs">
      <SumBar label="What became of the codes" parts={[{ label: 'new', value: done.inserted, tone: 'moss' }, { label: 'there already', value: done.duplicated }, { label: 'no room', value: done.discarded_by_limit, tone: 'marigold' }, { label: 'not a code', value: done.refused, tone: 'clay' }]} total={formatCount(done.items.length, 'code', 'codes')} />
      {failed.map((one) => <Text key={one.index} size="sm" c="error">{one.code.slice(0, 40)}: {one.reason}</Text>)}
    </Stack>
  );
}

/** Brings codes in: a file, or some lines that are typed. */
export function ImportForm({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const client = useQueryClient();
  const [from, setFrom] = useState('file');
  const [share, setShare] = useState<number | null>(null);
  const [done, setDone] = useState<components['schemas']['ImportedCodes'] | null>(null);
  const form = useAppForm<{ text: string }>({ initialValues: { text: '' }, check: (v) => ({ text: v.text.trim() ? null : 'Enter a code in each line' }) });
  const bring = useAction({
    refresh, run: ({ text }: { text: string }, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/codes/import', { ...poolPath(pool.id), body: { items: text.split('\n').map((line) => line.trim()).filter(Boolean).map((code) => ({ code })) }, headers })),
    onDone: (made) => { setDone(made); form.reset({ text: '' }); },
  });
  const send = async (file: File) => {
    const data = new FormData();
    data.append('file', file);
    setShare(0);
    try {
      await upload(`/api/v1/promo-codes/pools/${pool.id}/codes/file`, data, setShare);
      await client.invalidateQueries({ queryKey: ['promo-codes'] });
      doneToast('The file is being read');
      onClose();
    } catch (error) {
      failToast(error);
    } finally {
      setShare(null);
    }
  };
  return (
    <Stack gap="md">
      <SegmentedControl aria-label="Where the codes are" value={from} onChange={setFrom} data={[{ value: 'file', label: 'A file' }, { value: 'text', label: 'Some lines' }]} />
      {from === 'file' ? (
        <>
          <FileDrop hint="CSV, TSV or JSON lines, also zipped" loading={share !== null} onFile={(file) => { void send(file); }} />
          <Text size="sm" c="dimmed">One code a line, or a column named code. A column expires_at sets when a code expires{pool.fields.length > 0 ? `; ${pool.fields.map((f) => f.key).join(', ')} are taken along` : ''}.</Text>
        </>
      ) : (
        <AppForm state={form} mode="create" guard={false} saveLabel="Import codes" onCancel={onClose} onSave={(v) => bring.mutateAsync(v)}>
          <Textarea label="Codes" description="One in each line, up to 10,000" autosize minRows={6} maxRows={16} spellCheck={false} styles={{ input: { fontFamily: 'monospace' } }} {...form.form.getInputProps('text')} />
        </AppForm>
      )}
      {done && <Outcome done={done} />}
    </Stack>
  );
}

interface GiveValues extends Record<string, unknown> { profile_id: number | string; code: string }

/** Gives one person a code by hand. */
export function AttachForm({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const form = useAppForm<GiveValues>({ initialValues: { profile_id: '', code: '' }, check: (v) => ({ profile_id: Number(v.profile_id) >= 1 ? null : 'Enter the number of the profile' }) });
  const give = useAction({
    refresh, run: (v: GiveValues, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/attach', { ...poolPath(pool.id), body: { profile_id: Number(v.profile_id), code: v.code.trim() || null }, headers })),
    onDone: (code) => { doneToast(`They have the code ${code.code} now`); onClose(); },
  });
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Give the code" onCancel={onClose} onSave={(v) => give.mutateAsync(v)}>
      <NumberInput label="Profile" description="The number that stands on the person's page" min={1} allowDecimal={false} {...form.form.getInputProps('profile_id')} />
      <TextInput label="Code" description="Empty: a free one of the pool. One that nobody knows is added to it" spellCheck={false} {...form.form.getInputProps('code')} />
    </AppForm>
  );
}
