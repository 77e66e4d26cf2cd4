import { Page, type PageProps } from '../page/Page';
import { ListView, type ListViewProps } from './ListView';

export type ListPageProps<T> = Omit<PageProps, 'children' | 'tabs'> & ListViewProps<T>;

/** A page that is one list. */
export function ListPage<T>(props: ListPageProps<T>) {
  return <Page {...props}><ListView<T> saved {...props} /></Page>;
}
