import { describe, expect, it } from 'vitest';
import { formatWords, keyWords, partsOf, running, writable, type Counts, type Import } from './model';

const counts = { rows: 20, created: 12, updated: 3, unchanged: 2, rejected: 2, duplicates: 1 } as unknown as Counts;

describe('partsOf', () => {
  it('accounts for every row once', () => {
    expect(partsOf(counts, false).reduce((sum, part) => sum + part.value, 0)).toBe(20);
  });
  it('speaks of what would be before, of what was after', () => {
    expect(partsOf(counts, true).map((part) => part.label).slice(0, 3)).toEqual(['would be created', 'would be updated', 'would stay']);
    expect(partsOf(counts, false).map((part) => part.label).slice(0, 3)).toEqual(['created', 'updated', 'unchanged']);
  });
  it('counts nothing where the server says nothing', () => {
    expect(partsOf({}, false).every((part) => part.value === 0)).toBe(true);
  });
});

describe('running', () => {
  it('is a check or a run that has not ended', () => {
    const states = ['new', 'checking', 'checked', 'queued', 'running', 'done', 'failed', 'cancelled'];
    expect(states.filter((state) => running({ state } as Import))).toEqual(['checking', 'queued', 'running']);
  });
});

describe('writable', () => {
  it('leaves out what is rejected and what comes twice', () => {
    expect(writable(counts)).toBe(17);
  });
});

describe('keyWords', () => {
  it('names the built-in keys, and a field of the database by its own name', () => {
    expect([keyWords('email'), keyWords(undefined), keyWords('card_no')]).toEqual(['E-mail', 'E-mail', 'card_no']);
  });
});

describe('formatWords', () => {
  it('says how a file is read, and only what its kind knows', () => {
    expect(formatWords({ kind: 'csv', encoding: 'cp1251', delimiter: ';', header: true })).toBe('CSV · CP1251 · separated by semicolons · with a header');
    expect(formatWords({ kind: 'xlsx', sheet: 'March', header: false, skip: 2 })).toBe('XLSX · sheet March · no header · 2 lines left out above');
    expect(formatWords({ kind: 'jsonl', compression: 'gz' })).toBe('JSON lines · gz');
  });
});
