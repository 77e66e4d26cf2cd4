import type { components } from '@/api/schema';
import { formatNumber, formatStamp } from '@/kit';
import { fromLocal, toLocal, type Mailing } from '../model';

export type Split = components['schemas']['Split'];
export type SplitTest = components['schemas']['SplitTest'];
export type TestReport = components['schemas']['TestReport'];
export type VariantReport = components['schemas']['VariantReport'];

export const mostVariants = (type: Mailing['type']) => (type === 'multivariate' ? 8 : 16);

/** What people call a variant: A, B, C … */
export const letter = (variant: number) => String.fromCodePoint(64 + variant);

export interface VariantValues { template_id: string | null; subject: string; from_name: string }
export type Unit = 'minutes' | 'hours' | 'days';
export interface TestValues {
  by: 'share' | 'count'; share: number | string; count: number | string; metric: SplitTest['metric'] & string; event: string;
  ends: 'wait' | 'until'; wait: number | string; unit: Unit; until: string; confidence: number | string; tie: SplitTest['tie'] & string; extend: boolean; fallback: SplitTest['fallback'] & string;
}
/** As the form holds it; the names are the API's, so that its complaints find their fields. */
export interface SplitValues { variants: VariantValues[]; test: TestValues }

const seconds: Record<Unit, number> = { minutes: 60, hours: 3600, days: 86_400 };
const unitOf = (wait: number): Unit => (wait % seconds.days === 0 ? 'days' : wait % seconds.hours === 0 ? 'hours' : 'minutes');

const usual: SplitTest = { share: 20, count: null, metric: 'clicked', event: '', wait: 14_400, until: null, confidence: 0, tie: 'more_clicks', extend: false, fallback: 'leader' };

function testValues(test: SplitTest): TestValues {
  const wait = test.wait ?? 14_400, unit = unitOf(wait);
  return {
    by: typeof test.count === 'number' ? 'count' : 'share', share: test.share ?? 20, count: test.count ?? 1000, metric: test.metric ?? 'clicked', event: test.event ?? '',
    ends: test.until ? 'until' : 'wait', wait: wait / seconds[unit], unit, until: toLocal(test.until ?? null), confidence: test.confidence ?? 0, tie: test.tie ?? 'more_clicks', extend: test.extend ?? false, fallback: test.fallback ?? 'leader',
  };
}

export const emptyVariant: VariantValues = { template_id: null, subject: '', from_name: '' };

export const splitValues = (mailing: Mailing): SplitValues => ({
  variants: mailing.split?.variants.map((v) => ({ template_id: String(v.template_id), subject: v.subject ?? '', from_name: v.from_name ?? '' })) ?? (mailing.type === 'multivariate' ? [{ ...emptyVariant }, { ...emptyVariant }] : []),
  test: testValues(mailing.split?.test ?? usual),
});

function testOf(v: TestValues): SplitTest {
  const byHand = v.metric === 'manual';
  return {
    share: v.by === 'share' ? Number(v.share) : null, count: v.by === 'count' ? Number(v.count) : null, metric: v.metric, event: v.metric === 'goal' ? v.event.trim() : '',
    wait: !byHand && v.ends === 'wait' ? Math.round(Number(v.wait) * seconds[v.unit]) : null, until: !byHand && v.ends === 'until' ? fromLocal(v.until) : null,
    confidence: byHand ? 0 : Number(v.confidence), tie: v.tie, extend: !byHand && v.ends === 'wait' && v.extend, fallback: v.fallback,
  };
}

/** The split as the API takes it; variants without a template are left out. */
export function splitOf(v: SplitValues, type: Mailing['type']): Split | null {
  const variants = v.variants.filter((one) => one.template_id !== null).map((one) => ({ template_id: Number(one.template_id), subject: one.subject.trim(), from_name: one.from_name.trim() }));
  if (variants.length === 0 && type !== 'multivariate') return null;
  return { variants, test: type === 'multivariate' ? testOf(v.test) : null };
}

export function checkSplit(v: SplitValues, type: Mailing['type']): Record<string, string | null> {
  const faults: Record<string, string | null> = {};
  const chosen = v.variants.some((one) => one.template_id !== null);
  v.variants.forEach((one, n) => { if (!one.template_id && (chosen || type !== 'multivariate')) faults[`split.variants.${n}.template_id`] = `Choose a template for ${letter(n + 1)}, or remove it`; });
  if (type !== 'multivariate') return faults;
  const { test } = v;
  if (test.by === 'share' && !(Number(test.share) > 0 && Number(test.share) <= 100)) faults['split.test.share'] = 'Enter more than 0 and up to 100 percent';
  if (test.by === 'count' && !(Number.isInteger(Number(test.count)) && Number(test.count) >= 2)) faults['split.test.count'] = 'Enter 2 people or more';
  if (test.metric === 'manual') return faults;
  if (test.ends === 'wait' && !(Number(test.wait) > 0)) faults['split.test.wait'] = 'Enter how long to wait';
  if (test.ends === 'until' && !test.until) faults['split.test.until'] = 'Choose when the winner is chosen';
  if (Number(test.confidence) !== 0 && !(Number(test.confidence) >= 50 && Number(test.confidence) < 100)) faults['split.test.confidence'] = 'Enter 50 to 99.9 percent, or 0 for none';
  return faults;
}

export const metrics: readonly { value: TestValues['metric']; label: string; words: string }[] = [
  { value: 'opened', label: 'the most people who opened it', words: 'opened it' },
  { value: 'clicked', label: 'the most people who clicked', words: 'clicked' },
  { value: 'clicks_of_opens', label: 'the most clicks of those who opened it', words: 'clicked, of those who opened it' },
  { value: 'goal', label: 'the most people who reached a goal', words: 'reached the goal' },
  { value: 'revenue', label: 'the most revenue for each message', words: 'spent' },
  { value: 'manual', label: 'my own choice, by hand', words: 'clicked' },
];

export const fallbacks: readonly { value: TestValues['fallback']; label: string }[] = [
  { value: 'leader', label: 'the leader all the same' },
  { value: 'first', label: 'variant A' },
  { value: 'random', label: 'a variant drawn by lot' },
  { value: 'nobody', label: 'nothing: they are left out' },
  { value: 'person', label: 'nothing yet: a person chooses' },
];

export const ties: readonly { value: TestValues['tie']; label: string }[] = [
  { value: 'more_clicks', label: 'the one with more clicks, then opens' },
  { value: 'first', label: 'the first of them' },
  { value: 'random', label: 'one drawn by lot' },
];

/** The share that a test goes by, of a variant in the report; revenue has none. */
export const shareOf = (variant: VariantReport, metric: TestReport['metric'] | undefined) => (metric === 'opened' ? variant.opened : metric === 'clicks_of_opens' ? variant.clicks_of_opens : metric === 'goal' && variant.goal ? variant.goal : variant.clicked);

/** Where the test stands, in one sentence. */
export function stateWords(test: TestReport, stopped: boolean): string {
  const waiting = `${formatNumber(test.held)} ${test.held === 1 ? 'person waits' : 'people wait'} for the winner`;
  if (test.winner !== null) return `${letter(test.winner)} won${test.decided_at ? ` on ${formatStamp(test.decided_at)}` : ''} and went to ${formatNumber(test.held)} more: ${test.why}.`;
  if (test.state === 'nobody') return `No variant won: ${test.why}. ${formatNumber(test.held)} people were left out.`;
  if (test.state === 'no_rest') return 'Everybody was in the test, so nobody was left to send the winner to.';
  if (stopped) return 'The mailing ended before a winner was chosen.';
  if (test.state === 'person') return `${waiting}. ${test.why.startsWith('It is') ? 'Choose one when you are ready.' : `Choose one: ${test.why}.`}`;
  if (test.state === 'sending') return `The test is being sent; ${waiting}.`;
  return `Decides ${formatStamp(test.decides_at ?? '', { showZone: true })}${test.extended ? ', after one more wait' : ''}; ${waiting}.`;
}
