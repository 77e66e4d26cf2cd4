import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { formatNumber } from '@/kit';
import { CompareMenu, CompareParts } from './CompareParts';
import css from './conditions.module.css';
import { useCommands } from './commands';
import { useEditor } from './context';
import { insert, find, remove, update } from './edit';
import { GroupBox } from './GroupBox';
import { ruleIcon } from './icons';
import { innerOf, pruned, seenFrom, type Inside } from './inner';
import { MemberMenu, MemberParts } from './MemberParts';
import { figureRows, stepWords } from './narrow';
import { NodeMenu } from './NodeMenu';

import type { SetRule } from './CountPart';
import { RowsMenu, RowsParts } from './RowsParts';
import { ruleWords } from './sentence';
import { record } from './record';
import { group, newId, rule as newRule, type Json, type RuleNode } from './tree';
import { fieldOf, isCounted, manyOf, rowsOf } from './vocabulary';

interface RuleProps { rule: RuleNode; inside: Inside | null; taking: boolean }

const figureAt = (rule: RuleNode, base: string): Json => base.split('/').slice(1).reduce<Json>((node, key) => record(node[key]) ?? {}, rule.node);

function Figures({ id, taking, unfinished }: { id: string; taking: boolean; unfinished: boolean }) {
  const { counts, stale, words } = useEditor();
  if (!isCounted(words)) return null;
  const found = counts.get(id);
  const title = found && found.without !== null ? `Without this rule: ${formatNumber(found.without)}` : undefined;
  return (
    <div className={css.figures} {...(stale ? { 'data-stale': true } : {})} title={title}>
      <span className={css.alone}><span className={css.word}>alone </span>{unfinished ? '–' : formatNumber(found?.alone)}</span>
      <span><span className={css.word}>{taking ? 'takes ' : 'left '}</span>{unfinished ? '–' : found && taking ? `−${formatNumber(found.left)}` : formatNumber(found?.left)}</span>
    </div>
  );
}

/** People without a value fall out of every comparison; one click keeps them. */
function Missing({ rule, inside }: { rule: RuleNode; inside: Inside | null }) {
  const { counts, words, change } = useEditor();
  const missing = counts.get(rule.id)?.missing;
  const negative = !rule.negated && ['ne', 'not_in', 'not_contains', 'none_of'].includes(String(rule.node.op));
  const field = fieldOf(words, rule, inside);
  if (!missing || !negative || !field) return null;
  const include = () => {
    change((tree) => update(tree, rule.id, () => {
      const empty: RuleNode = newRule({ kind: 'compare', field: rule.node.field, op: 'is_missing' });
      return group('any', [{ ...rule, id: newId() }, empty], false);
    }));
  };
  return (
    <div className={css.note}>
      <span>{formatNumber(missing)} {words.raw.subject !== 'profile' ? `of the ${manyOf(words)} have` : missing === 1 ? 'person has' : 'people have'} no {field.label.toLowerCase()} and {missing === 1 ? 'is' : 'are'} left out</span>
      <button type="button" className={css.small} onClick={include}>Include them</button>
    </div>
  );
}

function useSet(rule: RuleNode): SetRule {
  const { change } = useEditor();
  return (by, typing) => { change((tree) => update(tree, rule.id, (node) => (node.kind === 'rule' ? pruned(by(node)) : node)), typing === undefined ? {} : { typing }); };
}

/** A node that the lines cannot draw: its sentence, or its JSON; the menu of its handle edits it. */
function InJson({ rule }: { rule: RuleNode }) {
  const { said } = useEditor();
  const words = said.get(rule.id);
  return <><span className={css.thing}>{words ?? `Rule of the kind “${String(rule.node.kind)}”`}</span><code className={css.json} title={JSON.stringify(rule.node)}>{JSON.stringify(rule.node)}</code></>;
}

function Parts({ rule, inside, onAdd }: { rule: RuleNode; inside: Inside | null; onAdd: (step: string) => void }) {
  const set = useSet(rule);
  switch (rule.node.kind) {
    case 'compare': return <CompareParts rule={rule} inside={inside} set={set} />;
    case 'occurred':
    case 'related': return <RowsParts rule={rule} inside={inside} set={set} onAdd={onAdd} />;
    case 'member': return <MemberParts rule={rule} set={set} onAdd={onAdd} />;
    case 'always': return <span className={css.thing}>{rule.negated ? 'Nobody' : 'Everybody'}</span>;
    default: return <InJson rule={rule} />;
  }
}

/** One rule: a line that reads as a sentence, with its figures and, for rows, the lines that narrow them. */
export function RuleLine({ rule, inside, taking }: RuleProps) {
  const editor = useEditor();
  const run = useCommands();
  const set = useSet(rule);
  const [over, setOver] = useState<'before' | 'after' | null>(null);
  const name = ruleWords(editor.words, rule, inside, editor.segments);
  const unfinished = editor.unfinished.has(rule.id), problems = editor.problems.get(rule.id) ?? [];
  const Mark = ruleIcon(editor.words, rule, inside);
  const bodies = innerOf(rule).filter(([, body]) => body.of.length > 0);
  const onAdd = (step: string) => { editor.add(group('all'), seenFrom(rule, step, inside), step); };
  const drop = (dragged: string, after: boolean) => {
    editor.change((tree) => {
      const from = find(tree, dragged), to = find(tree, rule.id);
      if (!from || !to || dragged === rule.id || from.inside?.id !== to.inside?.id || to.trail.some((g) => g.id === dragged) || (from.inside && from.trail[0]?.id !== to.trail[0]?.id)) return tree;
      const rest = remove(tree, dragged), target = find(rest, rule.id);
      return target ? insert(rest, target.parent.id, target.index + (after ? 1 : 0), [from.node]) : tree;
    }, { focus: dragged });
  };
  return (
    <div className={css.rule} role="group" aria-label={name} data-node={rule.id}
      {...(editor.lit === rule.id ? { 'data-lit': true } : {})} {...(unfinished ? { 'data-unfinished': true } : {})} {...(problems.length > 0 ? { 'data-bad': true } : {})} {...(over ? { 'data-over': over } : {})}
      onMouseEnter={() => { editor.light(rule.id); }} onMouseLeave={() => { editor.light(null); }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('application/x-fidelia-rule')) return;
        event.preventDefault(); event.stopPropagation();
        const box = event.currentTarget.getBoundingClientRect();
        setOver(event.clientY > box.top + box.height / 2 ? 'after' : 'before');
      }}
      onDragLeave={() => { setOver(null); }}
      onDrop={(event) => { event.preventDefault(); event.stopPropagation(); drop(event.dataTransfer.getData('application/x-fidelia-rule'), over === 'after'); setOver(null); }}>
      <div className={css.line}>
        <NodeMenu node={rule} name={name} />
        {!inside && <span className={css.icon}><Mark size={16} aria-hidden="true" /></span>}
        <div className={css.parts}>
          <Parts rule={rule} inside={inside} onAdd={onAdd} />
          {unfinished && <span className={css.hint}>unfinished: not counted</span>}
        </div>
        {!inside && <Figures id={rule.id} taking={taking} unfinished={unfinished} />}
        <span className={css.tool}>{(rule.node.kind === 'occurred' || rule.node.kind === 'related') && <RowsMenu rule={rule} inside={inside} set={set} onAdd={onAdd} />}
          {rule.node.kind === 'member' && <MemberMenu rule={rule} set={set} onAdd={onAdd} />}
          {rule.node.kind === 'compare' && <CompareMenu rule={rule} inside={inside} set={set} />}
        </span>
        <button type="button" className={css.remove} aria-label={`Remove: ${name}`} onClick={() => { run('remove', rule.id); }}><IconX size={14} aria-hidden="true" /></button>
      </div>
      {problems.map((problem) => <div key={problem} className={css.bad} role="alert">{problem}</div>)}
      {!inside && <Missing rule={rule} inside={inside} />}
      {bodies.map(([step, body]) => (
        <div key={step} className={css.where}>
          <GroupBox group={body} inside={seenFrom(rule, step, inside)} name={stepWords(editor.words, rule, step, (base) => (base === '' ? rowsOf(editor.words, rule, inside) : figureRows(editor.words, figureAt(rule, base), rule)))} root taking={false} />
        </div>
      ))}
    </div>
  );
}

