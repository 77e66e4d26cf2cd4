import { Alert, List, Stack, Text } from '@mantine/core';
import { AppLink, formatCount, formatNumber, NO_VALUE, paths, SmallTable, SumBar, type Column, type SumPart } from '@/kit';
import { fieldLabel, type Database } from '@/profiles/model';
import { cellText } from '../PreviewTable';
import type { BulkPreview, BulkUpdate } from './model';

type Step = BulkPreview['steps'][number];
type Sample = BulkPreview['sample'][number];

interface Figures { changed: number; unchanged: number; refused: number; gone: number }

export const partsOf = (f: Figures, past: boolean): SumPart[] => [
  { label: past ? 'changed' : 'would change', value: f.changed, tone: 'moss' },
  ...(f.unchanged > 0 || f.changed + f.refused + f.gone === 0 ? [{ label: past ? 'stayed as they were' : 'are like that already', value: f.unchanged }] : []),
  ...(f.refused > 0 ? [{ label: past ? 'refused' : 'would be refused', value: f.refused, tone: 'clay' as const }] : []),
  ...(f.gone > 0 ? [{ label: 'no longer there', value: f.gone }] : []),
];

/** The same of a change that was made: each figure opens whom it counts, as long as that is known. */
export const linkedParts = (found: BulkUpdate): SumPart[] => {
  const keys: Readonly<Record<string, BulkUpdate['known'][number]>> = { changed: 'changed', 'stayed as they were': 'unchanged', refused: 'refused' };
  return partsOf(found, true).map((part) => {
    const key = keys[part.label];
    return key !== undefined && part.value > 0 && found.known.includes(key) ? { ...part, href: paths.figure(found.database_id, `bulk:${found.id}:${key}`) } : part;
  });
};

/** What each operation does to how many. */
export function Steps({ steps, past }: { steps: readonly Step[]; past: boolean }) {
  const number = (value: number) => (value === 0 ? NO_VALUE : formatNumber(value));
  const columns: Column<Step>[] = [
    { key: 'title', header: 'Operation', cell: (s) => s.title },
    { key: 'changed', header: past ? 'Changed' : 'Would change', align: 'right', cell: (s) => number(s.changed), priority: 2 },
    { key: 'kept', header: 'Consent kept', align: 'right', cell: (s) => number(s.kept), priority: 2 },
    { key: 'refused', header: 'Refused', align: 'right', cell: (s) => number(s.refused), priority: 2 },
  ];
  return <SmallTable label="Operations" columns={columns} rows={steps} rowKey={(s) => s.title} />;
}

export function Reasons({ found }: { found: Pick<BulkUpdate, 'reasons' | 'steps'> }) {
  if (found.reasons.length === 0) return null;
  return (
    <Alert color="marigold" title="Why people are refused">
      <List size="sm">{found.reasons.map((r) => <List.Item key={`${r.operation}${r.reason}`}>{formatCount(r.people, 'person', 'people')}, {found.steps[r.operation]?.title ?? r.field}: {r.reason}</List.Item>)}</List>
      <Text size="xs" c="dimmed" mt={6}>Whoever is refused stays as they are, in everything.</Text>
    </Alert>
  );
}

function Change({ sample, label }: { sample: Sample; label: (what: string) => string }) {
  if (sample.refused) return <Text c="clay" size="sm">Refused: {sample.refused}</Text>;
  if (sample.changes.length === 0) return <Text c="dimmed" size="sm">Stays as it is</Text>;
  return (
    <Stack gap={2}>
      {sample.changes.map((c) => (
        <Text key={c.what} size="sm" style={{ overflowWrap: 'anywhere' }}><Text span c="dimmed">{label(c.what)} </Text><Text span c="dimmed" td={c.before === null ? undefined : 'line-through'}>{cellText(c.before)}</Text>{' → '}<strong>{cellText(c.after)}</strong></Text>
      ))}
    </Stack>
  );
}

/** What would happen: the sum, each operation, who is refused, ten people. */
export function Preview({ preview, database }: { preview: BulkPreview; database: Database }) {
  const label = (what: string) => { const field = database.fields.find((f) => f.name === what); return field ? fieldLabel(field) : what; };
  const columns: Column<Sample>[] = [
    { key: 'person', header: 'Person', cell: (s) => <AppLink href={paths.profile(database.id, s.profile_id)}>{s.name}</AppLink> },
    { key: 'change', header: 'Before → after', cell: (s) => <Change sample={s} label={label} />, priority: 2 },
  ];
  return (
    <Stack gap="md">
      <SumBar label="What would happen" parts={partsOf(preview, false)} total={formatCount(preview.examined, 'person', 'people')} />
      {preview.examined < preview.people && <Text size="sm">Looked at the first {formatNumber(preview.examined)} of {formatNumber(preview.people)} people.</Text>}
      <Steps steps={preview.steps} past={false} />
      {preview.steps.some((s) => s.kept > 0) && <Text size="xs" c="dimmed">Consent kept: they have left or never confirmed, and are not subscribed again unless you say that they agreed.</Text>}
      <Reasons found={preview} />
      {preview.sample.length > 0 && <SmallTable label="People before and after" columns={columns} rows={preview.sample} rowKey={(s) => s.profile_id} />}
    </Stack>
  );
}
