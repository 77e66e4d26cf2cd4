import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { formatDay } from '@/kit';
import { Chips } from './Chips';
import css from './conditions.module.css';
import { edgeOf, readSpan, units, writeSpan } from './duration';
import { Pick, type PickOption } from './Pick';
import { useReferences } from './references';
import { Suggest } from './Suggest';
import type { Place } from './suggestions';
import type { Field } from './vocabulary';

interface ValueProps { field: Field; shape: string; op: string; value: unknown; onChange: (value: unknown) => void; databaseId: number; place?: Place }
const nowhere: Place = {};

const asText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
const numeric = (type: string): boolean => type === 'integer' || type === 'float' || type === 'decimal';

/** What the API takes for what was typed; a text that is no number stays a text, which the server refuses in words. */
function typedValue(type: string, text: string): unknown {
  const clean = text.trim().replace(',', '.');
  if (text === '') return undefined;
  if (type === 'integer' && /^-?\d{1,15}$/.test(clean)) return Number(clean);
  if (type === 'float' && /^-?\d{1,12}(\.\d{1,9})?$/.test(clean)) return Number(clean);
  return numeric(type) ? clean : text;
}

export function NumberBox({ label, value, onChange, whole = false }: { label: string; value: unknown; onChange: (text: string) => void; whole?: boolean }) {
  const text = asText(value), bad = text !== '' && !/^-?\d+([.,]\d*)?$/.test(text);
  return <input className={css.input} data-number aria-label={label} aria-invalid={bad} inputMode={whole ? 'numeric' : 'decimal'} placeholder="0" value={text} onChange={(event) => { onChange(event.currentTarget.value); }} />;
}

/** One value of a type. */
export function OneValue({ field, value, onChange, label, databaseId, place = nowhere }: { field: Field; value: unknown; onChange: (value: unknown) => void; label: string; databaseId: number; place?: Place }) {
  const options = useOptions(field, databaseId);
  if (field.type === 'boolean') return <Pick label={label} value={typeof value === 'boolean' ? String(value) : ''} options={[{ value: 'true', label: 'yes' }, { value: 'false', label: 'no' }]} onChange={(v) => { onChange(v === 'true'); }} />;
  if (options) return <Pick label={label} value={asText(value)} options={options} onChange={(v) => { onChange(typedValue(field.type, v)); }} />;
  if (numeric(field.type)) return <><NumberBox label={label} value={value} whole={field.type === 'integer'} onChange={(text) => { onChange(typedValue(field.type, text)); }} />{field.unit && <span>{field.unit}</span>}</>;
  const text = asText(value), isDay = field.type === 'date' || (field.type === 'datetime' && (text === '' || text.length === 10));
  if (field.type === 'datetime') return <MomentInput label={label} text={text} isDay={isDay} onChange={onChange} />;
  const type = isDay ? 'date' : field.type === 'time' ? 'time' : 'text';
  if (type === 'text') return <Suggest field={field} databaseId={databaseId} place={place} label={label} text={text} placeholder="type or choose" onText={(typed) => { onChange(typed || undefined); }} onPick={(picked) => { onChange(picked); }} />;
  return <input className={css.input} type={type} aria-label={label} value={text} onChange={(event) => { onChange(event.currentTarget.value || undefined); }} />;
}

const MINUTE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:00(\.0+)?)?Z$/;

/** A whole day, or a moment to the minute in UTC; another moment stays as it was written. */
function MomentInput({ label, text, isDay, onChange }: { label: string; text: string; isDay: boolean; onChange: (value: unknown) => void }) {
  if (isDay) {
    return (
      <>
        <input className={css.input} type="date" aria-label={label} value={text} onChange={(event) => { onChange(event.currentTarget.value || undefined); }} />
        {text !== '' && <button type="button" className={css.small} aria-label={`${label}: at a time of that day`} onClick={() => { onChange(`${text}T12:00:00Z`); }}>at…</button>}
      </>
    );
  }
  const minute = MINUTE.exec(text)?.[1];
  return (
    <>
      {minute === undefined ? <input className={css.input} aria-label={label} value={text} onChange={(event) => { onChange(event.currentTarget.value || undefined); }} />
        : <input className={css.input} type="datetime-local" aria-label={label} value={minute} onChange={(event) => { onChange(event.currentTarget.value ? `${event.currentTarget.value.slice(0, 16)}:00Z` : undefined); }} />}
      {minute !== undefined && <span className={css.hint}>UTC</span>}
      <button type="button" className={css.small} aria-label={`${label}: the whole day`} title="The whole day" onClick={() => { onChange(text.slice(0, 10)); }}>✕</button>
    </>
  );
}

/** A number of days, weeks …; what was written in another way stays a text. */
export function SpanInput({ label, value, onChange, clock, past }: { label: string; value: unknown; onChange: (value: string) => void; clock: boolean; past: boolean }) {
  const span = readSpan(value);
  if (!span && asText(value) !== '' && !/^-?P[DWMYTHM]*$/.test(asText(value))) return <input className={css.input} aria-label={label} value={asText(value)} onChange={(event) => { onChange(event.currentTarget.value); }} />;
  const unit = span?.unit ?? 'D', edge = span && past ? edgeOf(asText(value), new Date()) : null;
  const offered = units.filter((u) => clock || !u.value.startsWith('T') || u.value === unit);
  return (
    <>
      <input className={css.input} data-number aria-label={label} inputMode="numeric" value={span ? span.amount : ''} {...(edge ? { title: `since ${formatDay(edge)}` } : {})}
        onChange={(event) => {
          const amount = event.currentTarget.value.replace(/\D/g, '').slice(0, 5);
          onChange(amount === '' ? `${asText(value).startsWith('-') ? '-' : ''}P` : writeSpan({ amount: Number(amount), unit, past: span?.past ?? asText(value).startsWith('-') }));
        }} />
      <Pick label={`Unit of ${label}`} value={unit} options={offered.map((u) => ({ value: u.value, label: span?.amount === 1 ? u.one : u.many }))}
        onChange={(next) => { onChange(writeSpan({ amount: span?.amount ?? 30, unit: next as typeof unit, past: span?.past ?? asText(value).startsWith('-') })); }} />
    </>
  );
}

function useOptions(field: Field, databaseId: number): readonly PickOption[] | undefined {
  const references = useReferences(field.name, databaseId);
  const isTree = field.type === 'tree';
  const tree = useQuery({ queryKey: ['categories'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/categories', { signal })), staleTime: 60_000, enabled: isTree }).data?.items;
  if (isTree) return tree?.map((c) => ({ value: c.external_id, label: `${'\u2003'.repeat(Math.max(0, c.path.length - 1))}${c.name}` })) ?? [];
  if (references) return references;
  return field.options.length > 0 ? field.options.map((o) => ({ value: o.value, label: o.label ? o.label : o.value })) : undefined;
}

/** The right side of a comparison, by the operator's shape. */
export function ValueInput({ field, shape, op, value, onChange, databaseId, place = nowhere }: ValueProps) {
  const options = useOptions(field, databaseId);
  const label = `Value of ${field.label}`;
  const clock = field.type === 'datetime';
  switch (shape) {
    case 'none': return null;
    case 'list':
      return <Chips label={label} values={Array.isArray(value) ? value.map(asText) : []} options={options} joint={op === 'all_of' ? 'and' : 'or'} field={field} databaseId={databaseId} place={place} onChange={(list) => { onChange(list.map((v) => typedValue(field.type, v) ?? v)); }} />;
    case 'range': {
      const [low, high]: unknown[] = Array.isArray(value) ? value as unknown[] : [];
      return (
        <>
          <OneValue field={field} databaseId={databaseId} place={place} label={`${label}, from`} value={low} onChange={(v) => { onChange([v ?? null, high ?? null]); }} />
          <span>and</span>
          <OneValue field={field} databaseId={databaseId} place={place} label={`${label}, to`} value={high} onChange={(v) => { onChange([low ?? null, v ?? null]); }} />
        </>
      );
    }
    case 'duration': return <SpanInput label={label} value={value} onChange={onChange} clock={clock} past={op === 'in_last'} />;
    case 'when': return typeof value === 'string' && /^-?P/.test(value) ? <SpanInput label={label} value={value} onChange={onChange} clock={clock} past={value.startsWith('-')} /> : <OneValue field={field} databaseId={databaseId} place={place} label={label} value={value} onChange={onChange} />;
    default: return <OneValue field={field} databaseId={databaseId} place={place} label={label} value={value} onChange={onChange} />;
  }
}
