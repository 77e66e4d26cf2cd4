/** The condition editor's one face. */
export { ConditionEditor, type ConditionEditorProps } from './ConditionEditor';
export { JsonView } from './JsonView';
export { Sentence } from './Sentence';
export { WhyTree } from './WhyTree';
export { useTree, type TreeState } from './history';
export { useCalculation, type Calculation, type LiveCount } from './useCalculation';
export { countsOf, nodeAt, problemsOf, saidOf } from './marks';
export { useVocabulary, useWords, type Words } from './vocabulary';
export { finishedBy } from './choices';
export { allRules, copyOf, insert, rulesOf } from './edit';
export { useSegmentNames } from './references';
export { emptyTree, group, readNodes, readTree, writeNodes, writeTree, type EditNode, type GroupNode, type Json, type RuleNode, type Tree, type Written } from './tree';
export { groupWords, nodeWords, ruleWords } from './sentence';
