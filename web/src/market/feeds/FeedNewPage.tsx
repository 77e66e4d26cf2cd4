import { useCan } from '@/api/session';
import { doneToast, NeedRight, Page, paths, useGo } from '@/kit';
import { FeedForm } from './FeedForm';

const crumbs = [{ label: 'Products', href: paths.products() }, { label: 'Feeds', href: paths.marketFeeds() }];

/** A new feed. */
export function FeedNewPage() {
  const go = useGo();
  if (!useCan('market:create')) return <NeedRight title="New feed" crumbs={crumbs} what="make feeds" right="market:create" />;
  return (
    <Page title="New feed" crumbs={crumbs} help={{ text: 'First the source, then a look at its first offers and where each part goes, then what is done with them.', guide: 'feeds' }}>
      <div style={{ maxWidth: 880 }}><FeedForm onSaved={(saved) => { doneToast('Feed created'); go(paths.marketFeed(saved.id)); }} onCancel={() => { go(paths.marketFeeds()); }} /></div>
    </Page>
  );
}
