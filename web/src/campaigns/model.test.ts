import { describe, expect, it } from 'vitest';
import { activityKind, atWork, reachWords, receivesWords, widensWords } from './activities/model';
import { activity, campaign, draft } from '@/test/campaigns';

describe('activities in words', () => {
  it('name their kind as the pages of mailings do', () => {
    expect(['broadcast', 'recurring', 'trigger', 'multivariate', 'placement'].map((type) => activityKind(activity({ type })))).toEqual(['Broadcast', 'Recurring', 'Triggered', 'Multivariate (A/B)', 'Placement']);
    expect(activityKind(activity({ kind: 'scenario', type: 'scenario' }))).toBe('Scenario');
  });
  it('say by what they bring people in, in one order', () => {
    expect(widensWords([])).toBeNull();
    expect(widensWords(['order', 'audience', 'clicked'])).toBe('launch, clicks, orders');
  });
  it('say of whom their people are', () => {
    expect(reachWords(activity({ segment_name: 'Gold' }), campaign({}))).toBe('Gold, of the test group');
    expect(reachWords(activity({ exempt: true }), campaign({}))).toBe('everybody in the campaign');
    expect(reachWords(activity({ widens: ['audience', 'clicked'] }), campaign({}))).toBe('the test group and people outside');
    expect(reachWords(activity({}), campaign({ control: null }))).toBe('everybody in the campaign');
  });
  it('never say 0 for what nobody knows', () => {
    expect(receivesWords(activity({ receives: null }), draft())).toBe('known after the start');
    expect(receivesWords(activity({ receives: null }), campaign({}))).toBe('counted when it is sent');
    expect(receivesWords(activity({ receives: null, state: 'done' }), campaign({}))).toBe('it is over');
    expect(receivesWords(activity({ receives: 0 }), campaign({}))).toBe('0');
    expect(receivesWords(activity({ receives: 2040 }), campaign({}))).toBe('2,040');
  });
  it('are at work from their schedule on', () => {
    expect(['draft', 'scheduled', 'sending', 'paused', 'done', 'stopped'].map((state) => atWork({ state }))).toEqual([false, true, true, true, false, false]);
  });
});
