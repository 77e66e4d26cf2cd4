import { patched } from './choices';
import css from './conditions.module.css';
import { TakeBack } from './CommandMenu';
import { datesOf, shortOf } from './narrow';
import { Pick } from './Pick';
import { without } from './record';
import type { Json } from './tree';
import { text, type Rows } from './vocabulary';
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

/** Which rows are looked at: the last or first few, or exactly one, in the order of one of their dates. */
export function TakePart({ take, rows, id, put }: { take: Json; rows: Rows; id: string; put: (next: Json | undefined, typing?: string) => void }) {
  const kind = takeKind(take), { many } = rows;
  const rest = (): Json => without(take, ...kinds);
  const value = (typed: string) => (/^\d{1,6}$/.test(typed) && Number(typed) > 0 ? Number(typed) : null);
  return (
    <>
      <span>of the</span>
      <Pick label="Which rows are looked at" value={kind} options={[{ value: 'latest', label: 'last' }, { value: 'first', label: 'first' }, { value: 'nth', label: 'exactly number' }]} onChange={(next) => { put({ [next]: take[kind] ?? 1, ...rest() }); }} />
      <NumberBox label={`How many ${many} are looked at`} whole value={take[kind]} onChange={(typed) => { put({ [kind]: value(typed), ...rest() }, `${id}.take`); }} />
      <span>{many}</span>
      <TakeBack label={`Look at all ${many}`} onClick={() => { put(undefined); }} />
      {text(take.by) !== '' && (
        <>
          <span className={css.hint}>in the order of</span>
          <Pick label="Which date orders the rows" value={text(take.by)} options={datesOf(rows).map((f) => ({ value: shortOf(rows, f.name), label: f.label.toLowerCase() }))} onChange={(by) => { put({ ...take, by }); }} />
          <TakeBack label="In the usual order" onClick={() => { put(without(take, 'by')); }} />
        </>
      )}
    </>
  );
}

export const firstTake = (node: Json): Json => patched(node, { take: { latest: 5 } });
