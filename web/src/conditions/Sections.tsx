import { Text } from '@mantine/core';
import css from './conditions.module.css';
import { useEditor } from './context';
import { GroupBox, ModePick } from './GroupBox';
import { groupWords } from './sentence';
import type { GroupNode } from './tree';
import { isCounted, manyOf } from './vocabulary';

function Section({ title, group, taking, empty }: { title: 'Include' | 'Exclude'; group: GroupNode; taking: boolean; empty: string }) {
  const { add, words } = useEditor();
  return (
    <section className={css.section} aria-label={groupWords(group, title)}>
      <div className={css.head}>
        <span className={css.title}>{title}</span>
        <span>{words.raw.subject === 'profile' ? 'people who match' : `${manyOf(words)} that match`}</span>
        {group.of.length > 1 && (taking ? <span>any of</span> : <ModePick group={group} label="How Include combines its rules" />)}
        {group.of.length > 0 && isCounted(words) && <span className={css.heads} aria-hidden="true"><span>alone</span><span>{taking ? 'takes' : 'left'}</span></span>}
      </div>
      {group.of.length === 0 ? (
        <div className={css.head}>
          <button type="button" data-add className={css.small} aria-label={`Add a rule: ${title}`} onClick={() => { add(group, null); }}>+ rule</button>
          <Text c="dimmed" size="xs">{empty}</Text>
        </div>
      ) : <GroupBox group={group} inside={null} name={title} taking={taking} root />}
    </section>
  );
}

/** Include and Exclude. */
export function Sections() {
  const { tree, words } = useEditor();
  const people = words.raw.subject === 'profile';
  return (
    <>
      <Section title="Include" group={tree.include} taking={false} empty={`No rule yet: ${people ? 'everybody' : `all ${manyOf(words)}`}. Press A to add one.`} />
      <Section title="Exclude" group={tree.exclude} taking empty={people ? 'Nobody is taken out.' : 'Nothing is taken out.'} />
    </>
  );
}
