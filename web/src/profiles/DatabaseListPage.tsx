import { IconDatabase, IconPlus } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useChooseDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { AppLink, FirstUse, formatCount, ListPage, Num, paths, SideDrawer, Time, useDrawer, useGo, useListState, type Column } from '@/kit';
import { DatabaseForm } from './DatabaseForm';
import type { Database } from './model';

function ProfilesOf({ database }: { database: Database }) {
  const can = useCan('profiles:read');
  return can ? <AppLink href={paths.profiles(database.id)} aria-label={`${formatCount(database.profile_count, 'profile', 'profiles')} of ${database.name}`}><Num value={database.profile_count} /></AppLink> : <Num value={database.profile_count} />;
}

const columns: Column<Database>[] = [
  { key: 'name', header: 'Database', sort: 'name', cell: (d) => d.name },
  { key: 'profiles', header: 'Profiles', align: 'right', cell: (d) => <ProfilesOf database={d} />, priority: 1 },
  { key: 'fields', header: 'Own fields', align: 'right', cell: (d) => <Num value={d.fields.filter((f) => !f.builtin).length} />, priority: 3 },
  { key: 'timezone', header: 'Days in', cell: (d) => d.timezone, priority: 2 },
  { key: 'created_at', header: 'Made', sort: 'id', cell: (d) => <Time value={d.created_at} />, priority: 3 },
];

/** The databases of profiles; most companies have one. */
export function DatabaseListPage() {
  const state = useListState();
  const canCreate = useCan('databases:create');
  const drawer = useDrawer('database');
  const choose = useChooseDatabase();
  const go = useGo();
  const query = useList<Database>(['databases', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/databases', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const add = canCreate ? { label: 'New database', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <>
      <ListPage<Database> name="databases" title="Databases" noun={{ one: 'database', many: 'databases' }} query={query} state={state} columns={columns} rowKey={(d) => d.id} rowLabel={(d) => d.name} rowHref={(d) => paths.database(d.id)}
        primary={add} facts={[query.data && formatCount(query.data.pages[0]?.total ?? 0, 'database', 'databases')]}
        help={{ text: 'A database holds the people of one brand or country, with its own fields and time zone. Segments, mailings and campaigns belong to one database.' }}
        empty={<FirstUse icon={IconDatabase} title="Make a place for your customers" text="A database holds profiles: who people are, how to reach them, and what they agreed to. Make one, then import a file." primary={add} />} />
      <SideDrawer name="database" right="databases:create" title="New database">
        {() => <DatabaseForm onCancel={drawer.close} onSaved={(id) => { choose(id); go(paths.database(id)); }} />}
      </SideDrawer>
    </>
  );
}
