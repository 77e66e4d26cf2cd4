import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Copyable, Details, doneToast, failToast, Loaded, NO_VALUE, paths, SmallTable, Time } from '@/kit';
import { CodeState } from './CodesTab';
import { localOf, momentOf, poolPath, refresh, type Code, type Pool } from './model';

function Changes({ pool, code }: { pool: Pool; code: Code }) {
  const [expires, setExpires] = useState(localOf(code.expires_at));
  const done = (words: string) => ({ onSuccess: () => { doneToast(words); }, onError: failToast });
  const at = poolPath(pool.id);
  const change = useAction({ refresh, run: (body: { expires_at: string | null }) => ok(api.PATCH('/api/v1/promo-codes/pools/{pool_id}/code', { ...at, body: { code: code.code, ...body } })) });
  const detach = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/detach', { ...at, body: { code: code.code }, headers })) });
  const use = useAction({ refresh, run: (_: null, { headers }) => ok(api.POST('/api/v1/promo-codes/pools/{pool_id}/activate', { ...at, body: { code: code.code }, headers })) });
  const end = async () => {
    const sure = await confirmConsequence({ title: `End the code ${code.code}?`, body: 'It cannot be used any more. Another date of expiry brings it back.', action: 'End the code', keep: 'Keep it' });
    if (sure) change.mutate({ expires_at: new Date().toISOString() }, done('The code has ended'));
  };
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <TextInput label="Expires" type="datetime-local" value={expires} onChange={(e) => { setExpires(e.currentTarget.value); }} />
        <Button variant="default" loading={change.isPending} onClick={() => { change.mutate({ expires_at: momentOf(expires) }, done('Date saved')); }}>Save date</Button>
      </Group>
      <Group gap="sm">
        {pool.kind === 'personal' && code.state === 'attached' && <Button variant="default" loading={use.isPending} onClick={() => { use.mutate(null, done('The code was used')); }}>Mark as used</Button>}
        {pool.kind === 'personal' && code.attached_at && !code.activated_at && <Button variant="default" loading={detach.isPending} onClick={() => { detach.mutate(null, done('The code is free again')); }}>Take it back</Button>}
        {code.state !== 'expired' && <Button variant="default" color="clay" onClick={() => { void end(); }}>End the code…</Button>}
      </Group>
    </Stack>
  );
}

/** One code: whose it is, how long it is good, which orders use it. */
export function CodePanel({ pool, code: text }: { pool: Pool; code: string }) {
  const canRun = useCan('loyalty:run');
  const query = useQuery({ queryKey: ['promo-codes', pool.id, 'code', text], queryFn: ({ signal }) => ok(api.GET('/api/v1/promo-codes/pools/{pool_id}/code', { params: { path: { pool_id: pool.id }, query: { code: text } }, signal })) });
  return (
    <Loaded query={query} what="the code">
      {({ code, uses }) => (
        <Stack gap="md">
          <Group gap="sm"><Text size="lg" ff="monospace" component="div"><Copyable value={code.code} /></Text><CodeState state={code.state} /></Group>
          <Details items={[
            ['Person', code.profile_id === null ? NO_VALUE : <AppLink href={paths.profile(pool.database_id, code.profile_id)}><span className="fd-num">#{code.profile_id}</span></AppLink>],
            ['Given', <Time value={code.attached_at} mode="absolute" />],
            ['First used', <Time value={code.activated_at} mode="absolute" />],
            ['Expires', <Time value={code.expires_at} mode="absolute" none="never" />],
            ['Uses', code.uses.toLocaleString()],
            ...pool.fields.map((field) => [field.name, code.extra[field.key] ?? null] as const),
          ]} />
          {uses.length > 0 && (
            <SmallTable label="Orders that use it" rows={uses} rowKey={(u) => `${u.order_ref} ${u.used_at}`} columns={[
              { key: 'order', header: 'Order', cell: (u) => (u.order_ref.startsWith('code:') ? 'by hand' : u.order_ref) },
              { key: 'used', header: 'Used', cell: (u) => <Time value={u.used_at} /> },
              { key: 'back', header: 'Given back', cell: (u) => <Time value={u.released_at} /> },
            ]} />
          )}
          {canRun && !pool.archived_at && <Changes key={code.expires_at ?? ''} pool={pool} code={code} />}
        </Stack>
      )}
    </Loaded>
  );
}
