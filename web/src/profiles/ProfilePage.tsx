import { SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AllDone, confirmTyped, Delayed, Details, doneToast, failToast, ListView, Loaded, MoneyText, named, Page, paths, Section, SideDrawer, SkeletonPanel, StateBadge, Time, useDrawer, useGo, useIdParam, useListState, type Column } from '@/kit';
import type { components } from '@/api/schema';
import { PersonCampaigns } from '@/campaigns/PersonCampaigns';
import { PersonCodes } from '@/loyalty/codes/PersonCodes';
import { PersonLoyalty } from '@/loyalty/members/PersonLoyalty';
import { ControlBadge } from '@/segments/control/ControlBadge';
import { HistoryTab } from './HistoryTab';
import { MergedFrom } from './merge/MergedFrom';
import { SplitForm } from './merge/SplitForm';
import { PersonalData } from './personal/PersonalData';
import { Related } from './relations/Related';
import { fieldLabel, nameOf, useDatabaseOf, valueText, type Database, type Field, type Profile } from './model';
import { ProfileConsent } from './ProfileConsent';
import { ProfileForm } from './ProfileForm';

type Order = components['schemas']['OrderRow'];

function shown(field: Field, value: unknown) {
  if (field.type === 'datetime') return <Time value={typeof value === 'string' ? value : null} mode="absolute" />;
  return valueText(value);
}

function Overview({ database, profile }: { database: Database; profile: Profile }) {
  const filled = database.fields.filter((f) => valueText(profile[f.name]) !== null && !['status', 'created_at', 'updated_at'].includes(f.name));
  const own = filled.filter((f) => !f.builtin), common = filled.filter((f) => f.builtin);
  const rows = (fields: Field[]) => fields.map((f) => [fieldLabel(f), shown(f, profile[f.name])] as const);
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md" style={{ alignItems: 'start' }}>
      <Stack>
        <Section title="Who it is"><Details items={[...rows(common), ['Here since', <Time key="c" value={String(profile.created_at)} mode="absolute" zone={database.timezone} />], ['Last change', <Time key="u" value={String(profile.updated_at)} mode="absolute" zone={database.timezone} />]]} /></Section>
        {own.length > 0 && <Section title="Own fields"><Details items={rows(own)} /></Section>}
        <Related databaseId={database.id} profileId={profile.id} />
        <PersonLoyalty databaseId={database.id} profileId={profile.id} />
        <PersonCodes databaseId={database.id} profileId={profile.id} />
        <PersonCampaigns databaseId={database.id} profileId={profile.id} />
        <MergedFrom databaseId={database.id} profileId={profile.id} zone={database.timezone} />
        <ProfileConsent databaseId={database.id} profileId={profile.id} email={valueText(profile.email)} />
      </Stack>
      <HistoryTab databaseId={database.id} profileId={profile.id} zone={database.timezone} />
    </SimpleGrid>
  );
}

function Orders({ databaseId, profileId, zone }: { databaseId: number; profileId: number; zone: string }) {
  const state = useListState({ defaultSort: '-placed_at' });
  const query = useList<Order>(['orders', databaseId, 'of', profileId, state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/market/orders', { params: { query: { ...state.params, database: databaseId, profile: profileId, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const columns: Column<Order>[] = [
    { key: 'order', header: 'Order', cell: (o) => `#${o.external_id}` },
    { key: 'placed_at', header: 'Placed', sort: 'placed_at', cell: (o) => <Time value={o.placed_at} zone={zone} />, priority: 2 },
    { key: 'status', header: 'State', cell: (o) => <StateBadge state={o.status} size="sm" />, priority: 2 },
    { key: 'lines', header: 'Lines', align: 'right', cell: (o) => o.line_count, priority: 3 },
    { key: 'total', header: 'Total', sort: 'total', align: 'right', cell: (o) => <MoneyText value={{ amount: o.total, currency: o.currency }} />, priority: 1 },
  ];
  return <ListView<Order> name="profile.orders" query={query} state={state} columns={columns} rowKey={(o) => o.id} rowLabel={(o) => `Order ${o.external_id}`} rowHref={(o) => paths.order(o.id)} noun={{ one: 'order', many: 'orders' }} searchLabel={null} empty={<AllDone>No orders yet</AllDone>} />;
}

/** The card of one person. */
export function ProfilePage() {
  const databaseId = useIdParam('databaseId'), id = useIdParam('profileId');
  const go = useGo();
  const drawer = useDrawer('profile');
  const canUpdate = useCan('profiles:update'), canDelete = useCan('profiles:delete'), seesOrders = useCan('market:read');
  const database = useDatabaseOf(databaseId).data;
  const query = useQuery({ queryKey: ['profiles', databaseId, id], queryFn: async ({ signal }) => (await ok(api.GET('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: databaseId, profile_id: id } }, signal }))) as Profile });
  const profile = query.data;
  const erase = useAction({ refresh: [['profiles'], ['databases']], run: () => ok(api.DELETE('/api/v1/databases/{database_id}/profiles/{profile_id}', { params: { path: { database_id: databaseId, profile_id: id } } })) });
  const name = profile ? nameOf(profile) : 'Profile';
  const forget = async () => {
    const yes = await confirmTyped({ title: `Erase ${name}?`, body: 'Their fields, consent and history are deleted and cannot be brought back. Orders stay in the sums, without the person.', action: 'Erase profile', keep: 'Keep it', name: String(id) });
    if (yes) erase.mutate(undefined, { onSuccess: () => { doneToast(`Profile ${id} erased`); go(paths.profiles(databaseId)); }, onError: failToast });
  };
  return (
    <Page title={named(query, nameOf, 'Profile')} crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }]}
      badges={profile && <><StateBadge state={valueText(profile.status) ?? 'unconfirmed'} /><ControlBadge databaseId={databaseId} profileId={id} /></>}
      facts={profile ? [`#${profile.id}`, valueText(profile.email), valueText(profile.phones), valueText(profile.city)] : []}
      menu={profile ? [
        ...(canUpdate ? [{ label: 'Merge with another…', href: `${paths.merge(databaseId)}?people=${profile.id}` }, { label: 'Split off…', onClick: () => { drawer.open('split'); } }] : []),
        { label: 'Export personal data…', onClick: () => { drawer.open('data'); } },
        ...(canDelete ? [{ label: 'Erase…', danger: true, onClick: () => void forget() }] : []),
      ] : []}
      tabs={profile && database ? [
        { value: 'overview', label: 'Overview', render: () => <Overview database={database} profile={profile} /> },
        ...(seesOrders ? [{ value: 'orders', label: 'Orders', render: () => <Orders databaseId={databaseId} profileId={id} zone={database.timezone} /> }] : []),
        ...(canUpdate ? [{ value: 'fields', label: 'All fields', render: () => <ProfileForm key={profile.id} database={database} profile={profile} onSaved={() => { doneToast(`${name} saved`); }} /> }] : []),
      ] : []}>
      <SideDrawer name="profile" right={drawer.value === 'split' ? 'profiles:update' : undefined} title={drawer.value === 'split' ? 'Split off' : 'Export personal data'}>
        {(what) => (profile && database ? (what === 'split'
          ? <SplitForm database={database} profile={profile} onCancel={drawer.close} onSaved={(made) => { doneToast(`Profile ${made} is made`); go(paths.profile(databaseId, made)); }} />
          : <PersonalData databaseId={databaseId} profileId={profile.id} />) : null)}
      </SideDrawer>
      {(!profile || !database) && <Loaded query={query} what="the profile">{() => <Delayed><SkeletonPanel /></Delayed>}</Loaded>}
    </Page>
  );
}
