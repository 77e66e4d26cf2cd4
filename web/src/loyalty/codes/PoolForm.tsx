import { Group, Radio, SimpleGrid, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { AppForm, Conflict, differencesOf, Section, useAppForm } from '@/kit';
import segmentCss from '@/segments/segments.module.css';
import { kinds, poolPath, refresh, shortFrom, ways, type Pool } from './model';
import { PoolFields } from './PoolFields';
import { bodyOf, check, valuesOf, type Values } from './values';

const labels: Partial<Record<keyof Values & string, string>> = {
  name: 'Name', short_name: 'Short name', description: 'Description', pattern: 'Pattern', remote_url: 'Address', valid_from: 'Given from', valid_until: 'Given until',
  max_uses: 'Uses of one code', max_uses_per_person: 'Uses by one person', code_limit: 'Codes at most', warn_below: 'Warn below', scenarios_create: 'Scenarios may make codes', mailings_create: 'Mailings may make codes',
};

function Cards<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: readonly { value: T; label: string; description: string }[]; onChange: (value: T) => void }) {
  return (
    <Radio.Group label={label} value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, sm: options.length }} spacing="sm" mt={6}>
        {options.map((one) => (
          <Radio.Card key={one.value} value={one.value} className={segmentCss.kind ?? ''} aria-label={`${one.label}: ${one.description}`}>
            <Group gap="xs" wrap="nowrap"><Radio.Indicator /><Text fw={550}>{one.label}</Text></Group>
            <Text mt={6} size="sm" c="dimmed">{one.description}</Text>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

/** Sets a pool up, or changes one. */
export function PoolForm({ pool, databaseId, onSaved, onCancel }: { pool?: Pool; databaseId: number; onSaved: (pool: Pool) => void; onCancel?: () => void }) {
  const form = useAppForm<Values>({ initialValues: valuesOf(pool), check });
  const { form: f } = form;
  const [ownShort, setOwnShort] = useState(pool !== undefined);
  const [version, setVersion] = useState(pool?.version ?? 0);
  const [clash, setClash] = useState<Pool | null>(null);
  const save = useAction({
    refresh, run: ({ v, at }: { v: Values; at: number }, { headers }) => {
      const body = bodyOf(v);
      if (pool) return ok(api.PATCH('/api/v1/promo-codes/pools/{pool_id}', { ...poolPath(pool.id), body: { ...body, version: at } }));
      const sent = Object.fromEntries(v.remote_headers.map((row) => [row.name.trim(), row.value]));
      return ok(api.POST('/api/v1/promo-codes/pools', { body: { ...body, database_id: databaseId, name: v.name.trim(), short_name: v.short_name, kind: v.kind, way: v.way, remote_headers: v.way === 'remote' ? sent : null }, headers }));
    },
  });
  const send = async (v: Values, at: number) => {
    try {
      const saved = await save.mutateAsync({ v, at });
      if (pool) form.reset(valuesOf(saved));
      setVersion(saved.version);
      onSaved(saved);
    } catch (error) {
      const problem = toProblem(error);
      if (pool && problem.status === 409 && problem.errors.some((e) => e.pointer === '/version')) setClash(await ok(api.GET('/api/v1/promo-codes/pools/{pool_id}', poolPath(pool.id))));
      throw error;
    }
  };
  const kind = (value: Values['kind']) => { f.setFieldValue('kind', value); f.setFieldValue('max_uses', value === 'universal' ? '' : 1); };
  return (
    <AppForm state={form} mode={pool ? 'edit' : 'create'} {...(pool ? { draftKey: `promo-pool.${pool.id}` } : { guard: false })} saveLabel={pool ? 'Save pool' : 'Make pool'} {...(onCancel ? { onCancel } : {})} onSave={(v) => send(v, version)}>
      {clash && (
        <Conflict words="Somebody else changed this pool" at={clash.updated_at} differences={differencesOf(valuesOf(clash), f.values, labels)} onClose={() => { setClash(null); }}
          onTheirs={() => { form.reset(valuesOf(clash)); setVersion(clash.version); setClash(null); }}
          onMine={() => { const { version: theirs } = clash; setVersion(theirs); setClash(null); void form.submit((v) => send(v, theirs)); }} />
      )}
      <Section title="The pool">
        <TextInput label="Name" description="Such as Spring vouchers" maxLength={200} {...f.getInputProps('name')} onChange={(e) => { f.setFieldValue('name', e.currentTarget.value); if (!ownShort) f.setFieldValue('short_name', shortFrom(e.currentTarget.value)); }} />
        <TextInput label="Short name" description={`Messages show a code by {{ loyalty.codes.${f.values.short_name || 'short_name'} }}`} maxLength={40} spellCheck={false} {...f.getInputProps('short_name')} onChange={(e) => { setOwnShort(true); f.setFieldValue('short_name', e.currentTarget.value); }} />
        {!pool && <Cards label="Who a code is for" value={f.values.kind} options={kinds} onChange={kind} />}
        {!pool && <Cards label="Where codes come from" value={f.values.way} options={ways} onChange={(value) => { f.setFieldValue('way', value); }} />}
        <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
      </Section>
      <PoolFields state={form} kept={pool !== undefined} />
    </AppForm>
  );
}
