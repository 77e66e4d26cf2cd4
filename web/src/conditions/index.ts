/** The condition editor's one face. */
export { ConditionEditor, type ConditionEditorProps } from './ConditionEditor';
export { JsonView } from './JsonView';
export { Sentence } from './Sentence';
export { WhyTree } from './WhyTree';
export { useTree, type TreeState } from './history';
export { useCalculation, type Calculation, type LiveCount } from './useCalculation';
export { countsOf, nodeAt, problemsOf } from './marks';
export { useVocabulary, useWords, type Words } from './vocabulary';
export { finishedBy } from './choices';
export { allRules } from './edit';
export { emptyTree, readTree, writeTree, type Json, type Tree, type Written } from './tree';
export { ruleWords } from './sentence';
