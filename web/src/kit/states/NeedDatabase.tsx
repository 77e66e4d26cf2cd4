import { IconDatabase } from '@tabler/icons-react';
import { useDatabaseList } from '@/api/database';
import { useCan } from '@/api/session';
import { Page } from '../page/Page';
import type { Crumb } from '../page/meta';
import { paths } from '../routing/paths';
import { FirstUse } from './Empty';
import { Delayed, SkeletonPanel } from './Loading';

/** What belongs to a database cannot be made before there is one: says so, and leads there. Only what is known is said. */
export function NeedDatabase({ title, crumbs = [], why }: { title: string; crumbs?: readonly Crumb[]; why: string }) {
  const query = useDatabaseList();
  const none = query.data?.length === 0;
  const can = useCan('databases:create');
  return (
    <Page title={title} crumbs={crumbs}>
      {query.isLoading && <Delayed><SkeletonPanel /></Delayed>}
      {none && (
        <FirstUse icon={IconDatabase} title="Make a database first" text={`${why} ${can ? '' : 'Ask an owner to make one.'}`}
          primary={can ? { label: 'New database', href: `${paths.databases()}?drawer=database:new` } : undefined} />
      )}
    </Page>
  );
}
