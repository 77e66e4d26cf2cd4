import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';
import { AppLink, CopyButton, FirstUse, formatNumber, Loaded, Page, paths, Section, SmallTable, StateBadge, useAnnounce, useSearchParam, type Column } from '@/kit';
import { nameOf, valueText, type Profile } from './model';

type Group_ = components['schemas']['QuickGroup'];
type Hit = Group_['items'][number];

function Found({ group, q }: { group: Group_; q: string }) {
  const columns: Column<Hit>[] = [
    { key: 'who', header: 'Profile', cell: (h) => { const p = h.profile as Profile; return <><AppLink href={paths.profile(group.database_id, p.id)}>{nameOf(p)}</AppLink>{h.found_in === 'elsewhere' && <Text size="xs" c="dimmed">by a subscription, another field, or an earlier address</Text>}</>; } },
    { key: 'email', header: 'E-mail', priority: 2, cell: (h) => valueText((h.profile as Profile).email) },
    { key: 'phones', header: 'Phones', priority: 3, cell: (h) => valueText((h.profile as Profile).phones) },
    { key: 'city', header: 'City', priority: 3, cell: (h) => valueText((h.profile as Profile).city) },
    { key: 'status', header: 'State', priority: 2, cell: (h) => <StateBadge state={valueText((h.profile as Profile).status) ?? 'unconfirmed'} size="sm" /> },
  ];
  return (
    <Section title={`${group.database} · ${group.total === null ? 'more than 10,000' : formatNumber(group.total)}`}>
      <SmallTable<Hit> label={`Found in ${group.database}`} columns={columns} rows={group.items} rowKey={(h) => (h.profile as Profile).id} />
      {(group.total === null || group.total > group.items.length) && <AppLink href={`${paths.profiles(group.database_id)}?q=${encodeURIComponent(q)}`}>See all of them</AppLink>}
    </Section>
  );
}

/** Finds people of every database by whatever is known of them; the address of the page can be shared. */
export function SearchPage() {
  const [q = '', setQ] = useSearchParam('q');
  const [text, setText] = useState(q);
  const query = useQuery({ queryKey: ['search', q], enabled: q.trim() !== '', queryFn: ({ signal }) => ok(api.GET('/api/v1/search', { params: { query: { q } }, signal })) });
  useAnnounce(query.data && (query.data.items.some((g) => g.items.length > 0) ? `${formatNumber(query.data.items.reduce((n, g) => n + g.items.length, 0))} found` : `Nobody fits ${q}`));
  return (
    <Page title="Search people" tools={q ? <CopyButton value={window.location.href} label="Copy a link to this search" /> : undefined}
      help={{ text: 'Names, addresses and phone numbers in any form, ids, and field:value, like city:"New York". email: looks into the profile only, subscription: into subscriptions only. Old ids and addresses of merged people lead to them.' }}>
      <Stack>
        <form role="search" onSubmit={(event) => { event.preventDefault(); setQ(text.trim()); }}>
          <Group align="end" wrap="nowrap"><TextInput label="Name, address, number or id" value={text} onChange={(e) => { setText(e.currentTarget.value); }} leftSection={<IconSearch size={16} />} style={{ flex: 1 }} autoFocus /><Button type="submit">Search</Button></Group>
        </form>
        {!q && <FirstUse icon={IconSearch} title="Find anybody, in every database" text="A part of a name, an address, a phone number in any form or an id. One field: city:Oslo. Old addresses of merged people lead to them too." />}
        {q && <Loaded query={query} what="the search">{(found) => {
          const hits = found.items.filter((g) => g.items.length > 0), problems = found.items.filter((g) => g.problem);
          return (
            <Stack>
              {hits.map((g) => <Found key={g.database_id} group={g} q={q} />)}
              {hits.length === 0 && <Text>Nobody fits {q}. Try a part of the name, or one field, like city:Oslo.</Text>}
              {problems.map((g) => <Alert key={g.database_id} color="marigold">{g.database}: {g.problem}</Alert>)}
            </Stack>
          );
        }}</Loaded>}
      </Stack>
    </Page>
  );
}
