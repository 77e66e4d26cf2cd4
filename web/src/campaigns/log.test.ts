import { describe, expect, it } from 'vitest';
import { actionWords, changeLines, type LogEntry } from './log';

const entry = (action: string, before: Record<string, unknown> | null, after: Record<string, unknown> | null): LogEntry => ({ id: 1, at: '2026-11-16T12:00:00Z', actor_kind: 'user', actor: 'Anna', action: `campaign.${action}`, before, after });
const told = (...args: Parameters<typeof entry>): string[] => [actionWords(entry(...args)), ...changeLines(entry(...args))];

describe('the log of a campaign', () => {
  it('says what was done, and each change as before → after', () => {
    expect(told('updated', { name: 'Winter', tags: [], cost: null, goal: null }, { name: 'Frost', tags: ['cold', 'b'], cost: '12.50', goal: 'signed_up' })).toEqual(
      ['Changed its settings', 'Name: Winter → Frost', 'Tags: – → cold, b', 'Goal: orders → signed_up', 'Cost: – → 12.50']);
    expect(told('control_set', { percent: 10, cap: null, strata: [] }, { percent: 5.5, cap: 300, strata: [{ field: 'city', lists: [] }, { field: 'age' }] })).toEqual(
      ['Set the control group', 'Kept back: 10 % → 5.5 %', 'Never more than: – → 300', 'Strata: none → city, age']);
    expect(told('control_removed', { percent: 5, moved: 640 }, { percent: null })).toEqual(['Took the control group away', 'Kept back: 5 % → –', '640 people moved to the test group']);
  });

  it('names the activity, and of a new one only what is set', () => {
    const sale = { mailing: 9, mailing_name: 'Autumn sale' };
    expect(told('activity_attached', null, { ...sale, widens: [], exempt: false })).toEqual(['Added Autumn sale']);
    expect(told('activity_attached', null, { ...sale, widens: ['clicked'], exempt: true })).toEqual(['Added Autumn sale', 'Widens the audience: clicks', 'Control gets it too: yes']);
    expect(told('activity_changed', { widens: [] }, { ...sale, widens: ['opened', 'clicked'] })).toEqual(['Changed Autumn sale', 'Widens the audience: none → opens, clicks']);
    expect(told('activity_changed', { exempt: true }, { mailing: 9, exempt: false })).toEqual(['Changed mailing 9', 'Control gets it too: yes → no']);
    expect(told('activity_detached', { ...sale, widens: [], exempt: false }, null)).toEqual(['Took Autumn sale out']);
  });

  it('says how its life goes on', () => {
    expect(told('created', null, { name: 'Winter', percent: 5 })).toEqual(['Made the campaign']);
    expect(told('created', null, { name: 'Winter', copied_from: 3 })).toEqual(['Made the campaign', 'Copied from campaign 3']);
    expect(told('begun', { state: 'building' }, { state: 'active', people: 12800 })).toEqual(['Became active', '12,800 people in the campaign']);
    expect(told('completed', { state: 'active' }, { state: 'completed', people: 1, stopped: [7] })).toEqual(['Completed it', '1 person left', '1 activity stopped']);
    expect(told('archived', { name: 'Winter' }, null)).toEqual(['Archived it']);
    expect(told('sent_to_moon', null, null)).toEqual(['sent to moon']);
  });
});
