import { IconFilterPlus } from '@tabler/icons-react';
import { patched } from './choices';
import { record } from './record';
import css from './conditions.module.css';
import { CommandMenu, TakeBack } from './CommandMenu';
import { useEditor } from './context';
import { datesOf, figureRows, narrowing } from './narrow';
import { Pick } from './Pick';
import { PropertyPick } from './PropertyPick';
import { TakePart, takeWords } from './TakePart';
import type { Json, RuleNode } from './tree';
import { text, type Words } from './vocabulary';
import { WindowPart } from './WindowPart';
import { windowWords } from './windows';

/** The figure that a value names, if it does. */
export const figureOf = (value: unknown): Json | undefined => record(record(value)?.figure);

const sourceOf = (figure: Json): string => (text(figure.event) ? `event:${text(figure.event)}` : `link:${text(figure.link)}`);

/** Rows a figure may be of: what belongs to the same row, and for people what happened. */
function sources(words: Words, of: string) {
  return [
    ...words.raw.links.filter((l) => l.of === of).map((l) => ({ value: `link:${l.name}`, label: l.many })),
    ...(of === words.raw.subject ? words.raw.events.map((e) => ({ value: `event:${e.name}`, label: e.label.toLowerCase() })) : []),
  ];
}

/** `the sum of total of orders last quarter`, in words. */
export function figureWords(words: Words, figure: Json): string {
  const fn = text(figure.fn) || 'count', event = words.event(text(figure.event)), link = words.raw.links.find((l) => l.name === figure.link);
  const what = fn === 'count' ? 'the number of' : `${words.raw.measures.find((m) => m.fn === fn)?.label ?? fn} ${text(figure.of).replaceAll('_', ' ')} of`;
  return [what, event?.label.toLowerCase() ?? link?.many ?? '…', windowWords(words, record(figure.within)), takeWords(record(figure.take), event?.many ?? link?.many ?? 'rows')].filter(Boolean).join(' ');
}

interface FigureProps {
  figure: Json;
  rule: RuleNode;
  /** where the figure stands below the rule */
  step: string;
  /** from which kind of row the rule's rows are reached */
  of: string;
  counted?: boolean;
  onChange: (value: unknown, typing?: string) => void;
  onAdd: (step: string) => void;
}

/** Another figure of the same person or row to compare with: `the sum of total of orders last quarter`. */
export function FigureValue({ figure, rule, step, of, counted = false, onChange, onAdd }: FigureProps) {
  const { words } = useEditor();
  const rows = figureRows(words, figure, rule);
  const fn = text(figure.fn) || 'count', take = record(figure.take), id = `${rule.id}${step}`;
  const write = (next: Json, typing?: string) => { onChange({ figure: next }, typing); };
  const put = (next: Json, typing?: string) => { write(patched(figure, next), typing); };
  const measure = words.raw.measures.find((m) => m.fn === fn);
  return (
    <span className={css.figureValue} role="group" aria-label="A figure to compare with">
      <Pick label="Figure to compare with" value={fn} options={[{ value: 'count', label: 'the number of' }, ...words.raw.measures.map((m) => ({ value: m.fn, label: m.label }))]}
        onChange={(next) => { put({ fn: next === 'count' ? undefined : next, of: next === 'count' ? undefined : text(figure.of) || undefined }); }} />
      {fn !== 'count' && rows && <><PropertyPick label="Figure of" rows={rows} types={measure?.types ?? []} open={fn !== 'count_distinct'} value={text(figure.of)} onChange={(name, typing) => { put({ of: name }, typing ? `${id}.of` : undefined); }} /><span>of</span></>}
      <Pick label="Rows of the figure" value={sourceOf(figure)} options={sources(words, of)}
        onChange={(next) => { const [kind, name] = next.split(/:(.*)/); put({ event: kind === 'event' ? name : undefined, link: kind === 'link' ? name : undefined }); }} />
      <WindowPart within={record(figure.within)} dates={rows ? datesOf(rows) : []} id={id} put={(within, typing) => { put({ within }, typing); }} />
      {take && rows && <TakePart take={take} rows={rows} id={id} put={(next, typing) => { put({ take: next }, typing); }} />}
      {rows && <CommandMenu label={`Narrow the figure’s ${rows.many}`} icon={<IconFilterPlus size={14} aria-hidden="true" />} items={narrowing({ words, rule, base: step, node: figure, rows, put: write, add: onAdd })} />}
      <TakeBack label="Compare with a number" onClick={() => { onChange(counted ? 1 : undefined); }} />
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
