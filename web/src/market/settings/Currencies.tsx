import { Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { doneToast, failToast, Loaded, Section, SmallTable, type QueryLike } from '@/kit';
import type { Currency } from '../model';

function Active({ currency }: { currency: Currency }) {
  const can = useCan('market:update');
  const set = useAction({ refresh: [['currencies']], run: (active: boolean, { headers }) => ok(api.PATCH('/api/v1/market/currencies/{code}', { params: { path: { code: currency.code } }, body: { active }, headers })) });
  return (
    <Switch aria-label={`${currency.name} may be used`} checked={currency.active} disabled={!can || set.isPending}
      onChange={(event) => { const active = event.currentTarget.checked; set.mutate(active, { onSuccess: () => { doneToast(`${currency.code} is switched ${active ? 'on' : 'off'}`); }, onError: failToast }); }} />
  );
}

/** The currencies of ISO 4217; only those switched on are taken. */
export function Currencies({ query }: { query: QueryLike<{ items: Currency[] }> }) {
  const [typed, setTyped] = useState('');
  const wanted = typed.trim().toLowerCase();
  const fits = (c: Currency) => (wanted === '' ? true : `${c.code} ${c.name}`.toLowerCase().includes(wanted));
  return (
    <Section title="Currencies" text="Orders and prices in a currency that is switched off are refused; what is stored in it stays.">
      <TextInput aria-label="Search currencies" placeholder="Search code or name" value={typed} maw={320} onChange={(event) => { setTyped(event.currentTarget.value); }} />
      <Loaded query={query} what="the currencies">
        {(found) => (
          <SmallTable label="Currencies" rowKey={(c) => c.code} rows={[...found.items].filter(fits).sort((a, b) => Number(b.active) - Number(a.active) || a.code.localeCompare(b.code))}
            columns={[
              { key: 'code', header: 'Code', cell: (c) => c.code },
              { key: 'name', header: 'Name', priority: 2, cell: (c) => c.name },
              { key: 'places', header: 'Decimal places', align: 'right', priority: 3, cell: (c) => c.places },
              { key: 'active', header: 'In use', priority: 1, cell: (c) => <Active currency={c} /> },
            ]} />
        )}
      </Loaded>
    </Section>
  );
}
