import { IconEdit, IconFileExport, IconFileImport, IconPlus, IconUsers } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useCan } from '@/api/session';
import { FirstUse, formatCount, ListPage, paths, SideDrawer, StateBadge, Time, useDrawer, useGo, useIdParam, useListState, type BulkAction, type Column, type Selection } from '@/kit';
import { FigureChip, useFigure } from './figures';
import { fieldLabel, nameOf, useDatabaseOf, valueText, type Database, type Profile } from './model';
import { ProfileForm } from './ProfileForm';

const shownFirst = ['email', 'city', 'status', 'created_at'];

function columnsOf(database: Database | undefined): Column<Profile>[] {
  const fields = database?.fields.filter((f) => !['first_name', 'last_name', 'id'].includes(f.name)) ?? [];
  const sortable = new Set(['email', 'external_id', 'created_at', 'updated_at', 'last_name']);
  const rank = (name: string) => { const at = shownFirst.indexOf(name); return at < 0 ? 99 : at; };
  return [
    { key: 'profile', header: 'Profile', cell: (p) => nameOf(p) },
    ...[...fields].sort((a, b) => rank(a.name) - rank(b.name)).map((field): Column<Profile> => ({
      key: field.name, header: fieldLabel(field), hidden: rank(field.name) === 99,
      ...(sortable.has(field.name) ? { sort: field.name } : {}),
      priority: field.name === 'status' || field.name === 'email' ? 2 : 3,
      cell: (p) => {
        const value = p[field.name];
        if (field.name === 'status') return <StateBadge state={valueText(value) ?? 'unconfirmed'} size="sm" />;
        if (field.type === 'datetime') return <Time value={typeof value === 'string' ? value : null} />;
        return valueText(value);
      },
    })),
  ];
}

/** The people of a database. */
export function ProfileListPage() {
  const databaseId = useIdParam('databaseId');
  const database = useDatabaseOf(databaseId).data;
  const state = useListState();
  const figureKey = state.filter.figure?.[0];
  const figure = useFigure(databaseId, figureKey);
  const narrowed = state.q !== '' || figureKey !== undefined;
  const drawer = useDrawer('profile');
  const go = useGo();
  const canCreate = useCan('profiles:create'), canImport = useCan('imports:create'), canChange = useCan('profiles:update');
  const query = useList<Profile>(['profiles', databaseId, state.params], async ({ cursor, limit, signal }) => {
    const reply = await ok(api.GET('/api/v1/databases/{database_id}/profiles', { params: { path: { database_id: databaseId }, query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal }));
    return { ...reply, items: reply.items as Profile[] };
  });
  const add = canCreate ? { label: 'Add profile', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { drawer.open('new'); } } : undefined;
  const bring = canImport ? { label: 'Import', icon: <IconFileImport size={16} />, href: paths.importNew(databaseId) } : undefined;
  // The rows that are ticked, or everybody that the search finds.
  const asked = (selection: Selection | null, name: string) => {
    if (selection && !selection.all) return `?ids=${selection.ids.join(',')}`;
    const found = { ...(figureKey ? { figure: figureKey } : {}), ...(state.q ? { [name]: state.q } : {}) };
    return Object.keys(found).length > 0 ? `?${new URLSearchParams(found).toString()}` : '';
  };
  const exportOf = (selection: Selection | null) => { go(`${paths.exports(databaseId)}${asked(selection, 'of') || '?everybody=1'}`); };
  const these = (n: string) => (/^\d/.test(n) ? `${n} ${n === '1' ? 'profile' : 'profiles'}` : n);
  const bulk: BulkAction[] = [
    ...(canChange ? [{ label: (n: string) => `Change ${these(n)}…`, icon: <IconEdit size={16} />, run: (selection: Selection) => { go(`${paths.bulkUpdateNew(databaseId)}${asked(selection, 'q')}`); } }] : []),
    { label: (n: string) => `Export ${these(n)}…`, icon: <IconFileExport size={16} />, run: exportOf },
  ];
  const many = [
    ...(canChange ? [{ label: narrowed ? 'Change all who are found…' : 'Change everybody…', href: `${paths.bulkUpdateNew(databaseId)}${asked(null, 'q')}` }, { label: 'Past bulk changes', href: paths.bulkUpdates(databaseId) }] : []),
    { label: narrowed ? 'Export all who are found…' : 'Export everybody…', onClick: () => { exportOf(null); } }, { label: 'Files of people', href: paths.exports(databaseId) },
  ];
  return (
    <>
      <ListPage<Profile> bulk={bulk} name={`profiles.${databaseId}`} title="Profiles" noun={{ one: 'profile', many: 'profiles' }} query={query} state={state} columns={columnsOf(database)} rowKey={(p) => p.id} rowLabel={nameOf} rowHref={(p) => paths.profile(databaseId, p.id)}
        searchLabel="Search name, e-mail, phone, id or city:Oslo" primary={add} secondary={[...(figure.error ? [{ label: 'Show everybody', onClick: state.clear }] : []), ...(bring ? [bring] : [])]}
        extra={<FigureChip figure={figure.data} onRemove={() => { state.setFilter('figure', []); }} />}
        menu={[...many, { label: 'Fields and settings', href: paths.database(databaseId) }, { label: 'Past imports', href: paths.imports(databaseId) }, { label: 'Scores', href: paths.scores(databaseId) }, { label: 'Duplicates', href: paths.duplicates(databaseId) }, { label: 'Search every database', href: paths.search() }, { label: 'Relations', href: paths.relations() }, { label: 'Receipts of erasure', href: paths.erasures() }]}
        facts={[database && formatCount(database.profile_count, 'profile', 'profiles'), database?.name]}
        help={{ text: 'Everybody this database knows. Search by name, address or phone from three letters, or ask one field, like city:Oslo. Any field can be shown as a column.' }}
        empty={<FirstUse icon={IconUsers} title="Nobody is here yet" text="Import a file of customers, add one by hand, or send them through the API. You choose which column is which, and see what would happen before it does." primary={bring ?? add} {...(bring && add ? { secondary: add } : {})} />} />
      <SideDrawer name="profile" right="profiles:create" title="Add a profile">
        {() => (database ? <ProfileForm database={database} onCancel={drawer.close} onSaved={(id) => { go(paths.profile(databaseId, id)); }} /> : null)}
      </SideDrawer>
    </>
  );
}
