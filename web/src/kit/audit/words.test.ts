import { describe, expect, it } from 'vitest';
import { auditWords, changedFields } from './words';

describe('the audit log in words', () => {
  it('reads as a sentence, also for actions it does not know', () => {
    const entry = { kind: 'segment', object_name: 'Lapsed', object_id: '5' };
    expect(auditWords({ ...entry, action: 'segment.updated' })).toBe('changed the segment Lapsed');
    expect(auditWords({ action: 'data_table.rows_upserted', kind: 'data_table', object_name: 'Shops', object_id: '2' })).toBe('added or changed rows of the data table Shops');
    expect(auditWords({ action: 'profile.preferences_link', kind: 'profile', object_name: 'profile 1', object_id: '1' })).toBe('made a link to the preference page of profile 1');
    expect(auditWords({ ...entry, action: 'segment.sent_to_moon', object_name: null })).toBe('sent to moon segment #5');
  });
  it('names three fields and counts the rest', () => {
    expect(changedFields({ before: { name: 'a', sort_order: 1 }, after: { name: 'b', x: 1, y: 2 } })).toBe('name, sort order, x and 1 more');
    expect(changedFields({ before: null, after: null })).toBe('');
  });
});
