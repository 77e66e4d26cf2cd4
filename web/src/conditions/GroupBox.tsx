import { IconChevronDown, IconChevronRight, IconX } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { formatNumber } from '@/kit';
import css from './conditions.module.css';
import { useCommands } from './commands';
import { useEditor } from './context';
import { update } from './edit';
import type { Inside } from './inner';
import { NodeMenu } from './NodeMenu';
import { Pick } from './Pick';
import { RuleLine } from './RuleLine';
import { groupWords, jointOf, modeWords, nodeWords } from './sentence';
import { group as newGroup, type GroupNode, type Mode } from './tree';
import { isCounted } from './vocabulary';

const DEEP = 4;
const modes: readonly Mode[] = ['all', 'any', 'none', 'some_missing'];

interface GroupProps {
  group: GroupNode;
  inside: Inside | null;
  name: string;
  taking: boolean;
  /** a section or the lines beneath a rule: no handle, no fold */
  root?: boolean;
  depth?: number;
}

export function ModePick({ group, only, label }: { group: GroupNode; only?: readonly Mode[]; label: string }) {
  const { change } = useEditor();
  return (
    <Pick label={label} value={group.mode} options={(only ?? modes).map((mode) => ({ value: mode, label: modeWords[mode] }))}
      onChange={(mode) => { change((tree) => update(tree, group.id, (node) => (node.kind === 'group' ? { ...node, mode: mode as Mode } : node))); }} />
  );
}

/** `+ rule  + group` */
function AddButtons({ group, inside, name, root }: { group: GroupNode; inside: Inside | null; name: string; root: boolean }) {
  const { add, change } = useEditor();
  const words = name || groupWords(group);
  const nest = () => {
    const made = newGroup(group.mode === 'any' ? 'all' : 'any', [], false);
    change((tree) => update(tree, group.id, (node) => (node.kind === 'group' ? { ...node, of: [...node.of, made] } : node)), { focus: made.id });
    add(made, inside);
  };
  return (
    <>
      <button type="button" className={css.small} aria-label={inside ? 'Add a line' : `Add a rule: ${words}`} onClick={() => { add(group, inside); }}>+ {inside ? 'line' : 'rule'}</button>
      {(group.of.length > 1 || !root) && <button type="button" className={css.small} aria-label={`Add a group: ${words}`} onClick={nest}>+ group</button>}
    </>
  );
}

function Head({ group, folded, onFold, taking, name, inside }: { group: GroupNode; folded: boolean; onFold: () => void; taking: boolean; name: string; inside: Inside | null }) {
  const { words, segments, counts, stale } = useEditor();
  const run = useCommands();
  const found = counts.get(group.id);
  return (
    <div className={css.groupHead}>
      <NodeMenu node={group} name={name} />
      <button type="button" className={css.remove} style={{ width: 24 }} aria-expanded={!folded} aria-label={folded ? 'Unfold the group' : 'Fold the group'} onClick={onFold}>
        {folded ? <IconChevronRight size={14} aria-hidden="true" /> : <IconChevronDown size={14} aria-hidden="true" />}
      </button>
      <ModePick group={group} label="How the group combines its rules" />
      {folded ? <span className={css.fold}>{nodeWords(words, group, segments)}</span> : <span className={css.add} style={{ flex: 1 }}><AddButtons group={group} inside={inside} name="" root={false} /></span>}
      {isCounted(words) && (
        <div className={css.figures} {...(stale ? { 'data-stale': true } : {})}>
          <span className={css.alone}><span className={css.word}>alone </span>{formatNumber(found?.alone)}</span>
          <span><span className={css.word}>{taking ? 'takes ' : 'left '}</span>{found && taking ? `−${formatNumber(found.left)}` : formatNumber(found?.left)}</span>
        </div>
      )}
      <span className={css.toolGap} />
      <button type="button" className={css.remove} aria-label={`Remove the group: ${name}`} onClick={() => { run('remove', group.id); }}><IconX size={14} aria-hidden="true" /></button>
    </div>
  );
}

/** A group: its head word, a rail that says how its rules combine, and its rules. */
export function GroupBox({ group, inside, name, taking, root = false, depth = 0 }: GroupProps) {
  const [folded, setFolded] = useState(false);
  const words = groupWords(group, name);
  const several = group.of.length > 1;
  return (
    <div className={css.group} role="group" aria-label={words} data-mode={group.mode} data-node={root ? undefined : group.id} {...(root ? { 'data-root': true } : {})} {...(root && !several && group.mode !== 'none' && group.mode !== 'some_missing' ? { 'data-alone': true } : {})}>
      {!root && <Head group={group} folded={folded} onFold={() => { setFolded(!folded); }} taking={taking} name={words} inside={inside} />}
      {root && inside && <div className={css.groupHead}><span className={css.hint}>{name}</span>{several && <ModePick group={group} label="How these lines combine" />}</div>}
      {depth >= DEEP && !folded && <div className={css.hint}>This is the {depth + 1}th level; a segment of its own may be easier to read</div>}
      {!folded && group.of.map((node, i) => (
        <Fragment key={node.id}>
          {i > 0 && <span className={css.joint} aria-hidden="true">{jointOf(group.mode)}</span>}
          {node.kind === 'rule' ? <RuleLine rule={node} inside={inside} taking={taking} /> : <GroupBox group={node} inside={inside} name="" taking={taking} depth={depth + 1} />}
        </Fragment>
      ))}
      {!folded && root && <div className={css.add}><AddButtons group={group} inside={inside} name={name} root={root} /></div>}
    </div>
  );
}
