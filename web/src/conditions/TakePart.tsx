import { patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { Pick } from './Pick';
import type { Json } from './tree';
import { text } from './vocabulary';
import { NumberBox } from './ValueInput';

const kinds = ['latest', 'first', 'nth'] as const;
export type TakeKind = (typeof kinds)[number];
export const takeKind = (take: Json | undefined): TakeKind => kinds.find((kind) => take && kind in take) ?? 'latest';

/** `of the latest 5 messages sent`, in words. */
export function takeWords(take: Json | undefined, many: string): string {
  if (!take) return '';
  const kind = takeKind(take), n = typeof take[kind] === 'number' ? take[kind] : '…';
  return kind === 'nth' ? `of number ${n} of the ${many}` : `of the ${kind === 'latest' ? 'last' : 'first'} ${n === 1 ? '' : `${n} `}${many}`;
}

/** Which rows are looked at: the last or first few, or exactly one. */
export function TakePart({ take, many, id, put }: { take: Json; many: string; id: string; put: (next: Json | undefined, typing?: string) => void }) {
  const kind = takeKind(take);
  const rest = (): Json => Object.fromEntries(Object.entries(take).filter(([key]) => !(kinds as readonly string[]).includes(key)));
  const value = (typed: string) => (/^\d{1,6}$/.test(typed) && Number(typed) > 0 ? Number(typed) : null);
  return (
    <>
      <span>of the</span>
      <Pick label="Which rows are looked at" value={kind} options={[{ value: 'latest', label: 'last' }, { value: 'first', label: 'first' }, { value: 'nth', label: 'exactly number' }]} onChange={(next) => { put({ [next]: take[kind] ?? 1, ...rest() }); }} />
      <NumberBox label={`How many ${many} are looked at`} whole value={take[kind]} onChange={(typed) => { put({ [kind]: value(typed), ...rest() }, `${id}.take`); }} />
      <span>{many}</span>
      {record(take.among) && <span className={css.hint}>among some of them, see JSON</span>}
      {text(take.by) !== '' && <span className={css.hint}>by {text(take.by).replaceAll('_', ' ')}</span>}
      <button type="button" className={css.small} aria-label={`Look at all ${many}`} onClick={() => { put(undefined); }}>✕</button>
    </>
  );
}

export const firstTake = (node: Json): Json => patched(node, { take: { latest: 5 } });
