import { Page } from '../page/Page';
import type { Crumb } from '../page/meta';
import { NoRight } from './Empty';

/** A page that only does something, for whoever may not: says which right is missing instead of showing dead buttons. */
export function NeedRight({ title, crumbs = [], what, right }: { title: string; crumbs?: readonly Crumb[]; what: string; right: string }) {
  return <Page title={title} crumbs={crumbs}><NoRight what={what} right={right} /></Page>;
}
