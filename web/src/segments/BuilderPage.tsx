import { useDatabases } from '@/api/database';
import { useVocabulary, type Json } from '@/conditions';
import { Delayed, Loaded, Page, paths, SkeletonPanel } from '@/kit';
import { Builder } from './Builder';
import { examples, useSegment, type Kind, type SegmentDetail } from './model';
import type { BuilderStart } from './useBuilder';

type Given = Omit<BuilderStart, 'draftKey'>;

function asGiven(segment: SegmentDetail): Given {
  return {
    id: segment.id, kind: segment.type, databaseId: segment.database_id, version: segment.version,
    settings: { name: segment.name, description: segment.description, tags: segment.tags, schedule: segment.schedule, range: segment.range, limit: segment.limit }, condition: segment.condition,
  };
}

/** `set:1,2!3`: people of 1 and 2 who are not in 3. */
export function conditionOfSet(start: string | undefined): Json | null {
  const found = /^set:([\d,]+)(?:!([\d,]+))?$/.exec(start ?? '');
  if (!found) return null;
  const members = (text = '') => text.split(',').filter(Boolean).map((id): Json => ({ kind: 'member', of: { segment: Number(id) } }));
  const include = members(found[1]), exclude = members(found[2]);
  const all: Json = include.length === 1 && include[0] ? include[0] : { kind: 'all', of: include };
  return exclude.length === 0 ? all : { kind: 'all', of: [all, { kind: 'not', of: { kind: 'any', of: exclude } }] };
}

/** The builder of a new segment, or of one that exists; it appears when everything it needs is there. */
export function BuilderPage({ kind, databaseId, start, segment }: { kind: Kind; databaseId: number; start?: string | undefined; segment?: SegmentDetail }) {
  const words = useVocabulary(databaseId);
  const database = useDatabases()?.find((db) => db.id === databaseId);
  const from = start !== undefined && /^\d+$/.test(start) ? Number(start) : null;
  const other = useSegment(from ?? 0, from !== null);
  const example = examples.find((e) => e.key === start);
  const waits = from !== null && other.data === undefined && other.error === null;
  const ready = words.data !== undefined && database !== undefined && !waits;
  if (!ready) {
    return (
      <Page title={segment?.name ?? 'New segment'} crumbs={[{ label: 'Segments', href: paths.segments() }]}>
        <Loaded query={words} what="what rules can ask">{() => <Delayed><SkeletonPanel lines={6} /></Delayed>}</Loaded>
      </Page>
    );
  }
  const fresh: Given = {
    id: null, kind, databaseId, version: null, condition: example?.condition ?? other.data?.condition ?? conditionOfSet(start),
    settings: { name: example?.label ?? (other.data ? `${other.data.name} (copy)` : ''), description: '', tags: other.data?.tags ?? [], schedule: kind === 'updatable' ? { at: '03:00', weekdays: [] } : null, range: other.data?.range ?? null, limit: other.data?.limit ?? null },
  };
  const given = segment ? asGiven(segment) : fresh;
  return <Builder raw={words.data} database={database} size={segment?.size ?? null} start={{ ...given, draftKey: segment ? `segment.${segment.id}` : `segment.new.${databaseId}.${kind}.${start ?? ''}` }} />;
}
