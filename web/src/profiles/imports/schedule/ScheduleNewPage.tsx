import { useCan } from '@/api/session';
import { doneToast, Loaded, NeedRight, Page, paths, useGo, useIdParam } from '@/kit';
import { useDatabaseOf } from '../../model';
import { ScheduleForm } from './ScheduleForm';

/** A new scheduled import. */
export function ScheduleNewPage() {
  const databaseId = useIdParam('databaseId');
  const query = useDatabaseOf(databaseId);
  const go = useGo();
  const crumbs = [{ label: 'Imports', href: paths.imports(databaseId) }, { label: 'Scheduled', href: paths.importSchedules(databaseId) }];
  if (!useCan('imports:create')) return <NeedRight title="New scheduled import" crumbs={crumbs} what="make scheduled imports" right="imports:create" />;
  return (
    <Page title="New scheduled import" crumbs={crumbs} facts={[query.data && `into ${query.data.name}`]}
      help={{ text: 'A file at an address or a query is fetched again and again. Every run is an ordinary import with its figures and rejected rows.', guide: 'imports' }}>
      <Loaded query={query} what="the database">
        {(database) => <div style={{ maxWidth: 880 }}><ScheduleForm database={database} onSaved={(saved) => { doneToast('Scheduled import created'); go(paths.importSchedule(databaseId, saved.id)); }} onCancel={() => { go(paths.importSchedules(databaseId)); }} /></div>}
      </Loaded>
    </Page>
  );
}
