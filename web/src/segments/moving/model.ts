import type { components } from '@/api/schema';

export type Report = components['schemas']['SegmentImportReport'];
export type Moved = components['schemas']['MovedSegment'];
export type Proposal = components['schemas']['SegmentProposal'];
export type Unknown = components['schemas']['UnknownReference'];
export type Kind = Unknown['kind'];
export type Definition = Record<string, unknown>;
/** What their numbers and names mean here: by kind, theirs → ours as it was chosen or typed. */
export type Meanings = Partial<Record<Kind, Record<string, string>>>;

const wrappers = ['segments', 'data', 'result', 'items'];
export const kindWords: Record<Kind, string> = {
  databases: 'Database', segments: 'Segment', resources: 'Resource', mailings: 'Mailing', templates: 'Template', fields: 'Field', domain_groups: 'Domain group',
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The definitions in a file: a list, one definition, or an answer of the other platform that holds them. Throws a sentence. */
export function definitionsIn(text: string): Definition[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (isRecord(read) && !('segment' in read)) {
    const answer = read;
    const key = wrappers.find((name) => typeof answer[name] === 'object' && answer[name] !== null);
    if (key) read = answer[key];
  }
  const found = Array.isArray(read) ? read : [read];
  if (found.length === 0 || !found.every(isRecord)) throw new Error('The file holds no definitions of segments');
  if (found.length > 1000) throw new Error(`The file holds ${found.length} definitions; at most 1,000 are taken at once`);
  return found;
}

/** The API's maps from what was chosen; what is left empty is left out. */
export function mapsOf(meanings: Meanings): components['schemas']['SegmentImportMaps'] {
  const given = (kind: Kind) => Object.entries(meanings[kind] ?? {}).filter(([, ours]) => ours.trim() !== '');
  const numbers = (kind: Kind) => Object.fromEntries(given(kind).map(([theirs, ours]) => [theirs, Number(ours)]));
  return {
    databases: numbers('databases'), segments: numbers('segments'), resources: numbers('resources'), mailings: numbers('mailings'), templates: numbers('templates'),
    fields: Object.fromEntries(given('fields')),
    domain_groups: Object.fromEntries(given('domain_groups').map(([theirs, ours]) => [theirs, ours.split(/[\s,;]+/).filter(Boolean)])),
  };
}

/** Everything to be explained: what the last report asked for, and what was explained already. */
export function asked(report: Report | undefined, meanings: Meanings): Unknown[] {
  const known = Object.entries(meanings).flatMap(([kind, pairs]) => Object.keys(pairs).map((theirs) => ({ kind: kind as Kind, theirs })));
  const all = [...known, ...(report?.unknown ?? [])];
  return all.filter((a, n) => all.findIndex((b) => b.kind === a.kind && b.theirs === a.theirs) === n);
}
