import { MultiSelect } from '@mantine/core';
import { usePromotions, type Promotion } from '../promotions/model';
import type { Draft } from './model';

const nameOf = (promotion: Promotion, number: number) => {
  const which = number === promotion.draft ? 'draft' : number === promotion.scheduled ? 'scheduled' : number === promotion.version ? 'in force' : 'earlier';
  return `${promotion.definition.name}: version ${String(number)}, ${which}`;
};

/** Versions of promotions that could be in force instead: drafts, scheduled ones, those of paused promotions; of each at most one is chosen. */
export function versionChoices(promotions: readonly Promotion[], chosen: Draft['versions']) {
  return promotions.filter((promotion) => promotion.kind !== 'trigger').flatMap((promotion) => {
    const own = chosen[String(promotion.id)];
    const numbers = [promotion.draft, promotion.scheduled, promotion.state === 'paused' ? promotion.version : null, own ?? null].filter((n): n is number => n !== null);
    return [...new Set(numbers)].map((number) => ({ value: `${String(promotion.id)}:${String(number)}`, label: nameOf(promotion, number) }));
  });
}

/** The choice after each change: a newer choice for one promotion takes the place of the older. */
export function versionsOf(values: readonly string[]): Draft['versions'] {
  return Object.fromEntries(values.map((value) => value.split(':')).map(([id, number]) => [id ?? '', Number(number)]));
}

/** Which promotions are tried as if another version of them were published. */
export function Versions({ programId, draft, set }: { programId: number; draft: Draft; set: (part: Partial<Draft>) => void }) {
  const data = versionChoices(usePromotions(programId).data ?? [], draft.versions);
  if (data.length === 0) return null;
  return (
    <MultiSelect label="As if published" description="Drafts and scheduled versions take the place of what is in force, here only" searchable clearable placeholder={Object.keys(draft.versions).length ? '' : 'promotions as they are'}
      data={data} value={Object.entries(draft.versions).map(([id, number]) => `${id}:${String(number)}`)} onChange={(values) => { set({ versions: versionsOf(values) }); }} />
  );
}
