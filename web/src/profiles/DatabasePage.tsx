import { Button, Group, Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmTyped, doneToast, failToast, formatCount, formatNumber, Loaded, named, Page, paths, Section, Time, useGo, useIdParam } from '@/kit';
import { DatabaseForm } from './DatabaseForm';
import { FieldsTab } from './FieldsTab';
import { useDatabaseOf, type Database } from './model';
import { PreferencesTab } from './preferences/PreferencesTab';

function Danger({ database }: { database: Database }) {
  const go = useGo();
  const remove = useAction({
    refresh: [['databases']],
    run: () => ok(api.DELETE('/api/v1/databases/{database_id}', { params: { path: { database_id: database.id }, query: { confirm: database.name } } })),
  });
  const erase = async () => {
    const yes = await confirmTyped({ title: `Delete the database ${database.name}?`, body: `${formatNumber(database.profile_count)} profiles, their history and their consent are deleted and cannot be brought back.`, action: 'Delete database', keep: 'Keep it', name: database.name });
    if (yes) remove.mutate(undefined, { onSuccess: () => { doneToast(`${database.name} deleted`); go(paths.databases()); }, onError: failToast });
  };
  return (
    <Section title="Delete this database">
      <Text>Everybody in it is forgotten, with what they did and agreed to. A database that segments or mailings use cannot be deleted.</Text>
      <Group><Button color="clay" variant="outline" onClick={() => void erase()}>Delete database…</Button></Group>
    </Section>
  );
}

/** A database: its fields and settings. */
export function DatabasePage() {
  const id = useIdParam('databaseId');
  const query = useDatabaseOf(id);
  const canUpdate = useCan('databases:update'), canDelete = useCan('databases:delete'), canImport = useCan('imports:create'), seesPeople = useCan('profiles:read');
  const database = query.data;
  return (
    <Page title={named(query, (found) => found.name, 'Database')} crumbs={[{ label: 'Databases', href: paths.databases() }]}
      facts={database ? [seesPeople ? <AppLink key="p" href={paths.profiles(id)}>{formatCount(database.profile_count, 'profile', 'profiles')}</AppLink> : formatCount(database.profile_count, 'profile', 'profiles'), `days in ${database.timezone}`, <>made <Time key="t" value={database.created_at} /></>] : []}
      primary={database ? { label: 'See profiles', href: paths.profiles(id) } : undefined}
      secondary={database ? [{ label: 'Control group', href: paths.controlGroup(id) }, { label: 'Scores', href: paths.scores(id) }, ...(canImport ? [{ label: 'Import', href: paths.importNew(id) }] : [])] : []}
      tabs={database ? [
        { value: 'fields', label: 'Fields', count: database.fields.filter((f) => !f.builtin).length, render: () => <FieldsTab database={database} /> },
        ...(canUpdate ? [{ value: 'preferences', label: 'Preference page', render: () => <PreferencesTab databaseId={id} /> }] : []),
        ...(canUpdate ? [{ value: 'settings', label: 'Settings', render: () => <Stack gap="md" maw={720}><Section title="Name and time"><DatabaseForm database={database} onSaved={() => { doneToast('Database saved'); }} /></Section>{canDelete && <Danger database={database} />}</Stack> }] : []),
      ] : []}>
      {!database && <Loaded query={query} what="the database">{() => null}</Loaded>}
    </Page>
  );
}
