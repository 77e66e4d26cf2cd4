import { describe, expect, it } from 'vitest';
import { choiceOf, choices, fresh, operators, readWhere, triggerWords, typed, waitWords, writeWhere, type EventTrigger, type EventType } from './model';

const row = (field: string, op: string, value: unknown = '') => ({ field, op, value });

describe('filters', () => {
  it('come back as they were written', () => {
    for (const rows of [[], [row('trigger.size', 'eq', 'L')], [row('trigger.total', 'gte', 100), row('profile.city', 'in', ['Oslo']), row('profile.email', 'is_present')]]) {
      expect(readWhere(writeWhere(rows))).toEqual(rows);
    }
    expect(writeWhere([row('profile.email', 'is_missing', 'left over')])).toEqual({ kind: 'compare', field: 'profile.email', op: 'is_missing' });
  });
  it('of other shapes are left alone', () => {
    const where = { kind: 'not', of: { kind: 'compare', field: 'profile.city', op: 'eq', value: 'Oslo' } } as unknown as EventTrigger['where'];
    expect(readWhere(where)).toBeNull();
    expect(readWhere({ kind: 'compare', field: 'trigger.a', op: 'eq', value: 1, as: 'float' } as unknown as EventTrigger['where'])).toBeNull();
  });
});

describe('triggers', () => {
  it('belong to one choice each', () => {
    for (const choice of choices) expect(choiceOf(fresh(choice.key))?.key).toBe(choice.key);
    expect(choiceOf({ kind: 'event', type: 'order.line.created' })?.key).toBe('order');
    expect(choiceOf({ kind: 'event', type: 'loyalty.accrued' })?.key).toBe('event');
  });
  it('are said in a line', () => {
    const types = [{ name: 'order.paid', label: 'Order paid' }] as unknown as EventType[];
    expect(triggerWords({ kind: 'event', type: 'order.paid', wait: 90, where: writeWhere([row('trigger.total', 'gte', 100)]) ?? null }, types)).toBe('Order paid, when total is at least 100, 90 minutes later');
    expect(triggerWords({ kind: 'date', field: 'birth_date', days: -3, at: '08:00', yearly: true, wait: 0 }, [])).toBe('3 days before the anniversary of birth date, at 08:00');
    expect(triggerWords({ kind: 'call', wait: 1440 }, [])).toBe('API call, 1 day later');
  });
  it('wait in whole units', () => {
    expect([0, 1, 60, 120, 1440, 2880].map(waitWords)).toEqual(['0 days', '1 minute', '1 hour', '2 hours', '1 day', '2 days']);
  });
});

it('values are of the type that was meant', () => {
  expect([typed('5', 'integer'), typed('5', 'string'), typed('5.5', 'any'), typed('true', 'boolean'), typed('true', 'string'), typed('5x', 'any')]).toEqual([5, '5', 5.5, true, 'true', '5x']);
  expect(operators('boolean').map((o) => o.value)).toEqual(['eq', 'is_present', 'is_missing']);
});
