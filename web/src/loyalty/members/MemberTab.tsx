import { useCan } from '@/api/session';
import { NoRight } from '@/kit';
import type { Program } from '../programs/model';
import { Members } from './Members';

/** The members of a program, as a tab of its page. */
export function MemberTab({ program }: { program: Program }) {
  const can = useCan('profiles:read');
  return can ? <Members program={program} /> : <NoRight what="see people" right="profiles:read" />;
}
