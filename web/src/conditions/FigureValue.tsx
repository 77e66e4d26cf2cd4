import { patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { useEditor } from './context';
import { Pick } from './Pick';
import type { Json } from './tree';
import { text, type Words } from './vocabulary';
import { WindowPart } from './WindowPart';
import { windowWords } from './windows';

/** The figure that a value names, if it does. */
export const figureOf = (value: unknown): Json | undefined => record(record(value)?.figure);

const sourceOf = (figure: Json): string => (text(figure.event) ? `event:${text(figure.event)}` : `link:${text(figure.link)}`);

/** Rows a figure may be of: events, and what belongs to the person now. */
function sources(words: Words) {
  return [
    ...words.raw.links.filter((l) => l.of === words.raw.subject).map((l) => ({ value: `link:${l.name}`, label: l.many })),
    ...words.raw.events.map((e) => ({ value: `event:${e.name}`, label: e.label.toLowerCase() })),
  ];
}

const named = (words: Words, figure: Json) => {
  const event = words.event(text(figure.event)), link = words.link(text(figure.link), words.raw.subject);
  return { prefix: event ? 'event' : link?.prefix ?? '', fields: event?.properties ?? link?.fields ?? [] };
};

/** `the sum of total of orders last quarter`, in words. */
export function figureWords(words: Words, figure: Json): string {
  const fn = text(figure.fn) || 'count';
  const what = fn === 'count' ? 'the number of' : `${words.raw.measures.find((m) => m.fn === fn)?.label ?? fn} ${text(figure.of).replaceAll('_', ' ')} of`;
  return [what, sources(words).find((s) => s.value === sourceOf(figure))?.label ?? '…', windowWords(words, record(figure.within))].filter(Boolean).join(' ');
}

/** Another figure of the same person to compare with: `the sum of total of orders last quarter`. */
export function FigureValue({ figure, id, counted = false, onChange }: { figure: Json; id: string; counted?: boolean; onChange: (value: unknown, typing?: string) => void }) {
  const { words } = useEditor();
  const { prefix, fields } = named(words, figure);
  const fn = text(figure.fn) || 'count';
  const put = (next: Json, typing?: string) => { onChange({ figure: patched(figure, next) }, typing); };
  const measure = words.raw.measures.find((m) => m.fn === fn);
  const own = fields.filter((f) => f.name.startsWith(`${prefix}.`) && measure?.types.includes(f.type));
  return (
    <span className={css.figureValue} role="group" aria-label="A figure to compare with">
      <Pick label="Figure to compare with" value={fn} options={[{ value: 'count', label: 'the number of' }, ...words.raw.measures.map((m) => ({ value: m.fn, label: m.label }))]}
        onChange={(next) => { put({ fn: next === 'count' ? undefined : next, of: next === 'count' ? undefined : text(figure.of) || undefined }); }} />
      {fn !== 'count' && <><Pick label="Figure of" value={text(figure.of)} options={own.map((f) => ({ value: f.name.slice(prefix.length + 1), label: f.label.toLowerCase() }))} onChange={(of) => { put({ of }); }} /><span>of</span></>}
      <Pick label="Rows of the figure" value={sourceOf(figure)} options={sources(words)}
        onChange={(next) => { const [kind, name] = next.split(/:(.*)/); put({ event: kind === 'event' ? name : undefined, link: kind === 'link' ? name : undefined }); }} />
      <WindowPart within={record(figure.within)} id={`${id}.figure`} put={(within, typing) => { put({ within }, typing); }} />
      {record(figure.where) && <span className={css.hint}>of some of them, see JSON</span>}
      <button type="button" className={css.small} aria-label="Compare with a number" onClick={() => { onChange(counted ? 1 : undefined); }}>✕</button>
    </span>
  );
}

/** The figure a rule is compared with first: the same one of the calendar span before. */
export function freshFigure(node: Json): Json {
  const measure = record(node.measure), within = record(node.within);
  const span = text(within?.calendar);
  return {
    ...(text(node.event) ? { event: node.event } : { link: node.link }),
    within: span ? { calendar: span, offset: (typeof within?.offset === 'number' ? within.offset : 0) - 1 } : { calendar: 'quarter', offset: -1 },
    ...(measure ? { fn: measure.fn, of: measure.of } : {}),
  };
}
