import { Button, Group, List, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconRefresh, IconX } from '@tabler/icons-react';
import { useState, type SubmitEvent } from 'react';
import { useCan } from '@/api/session';
import { confirmConsequence, doneToast, failToast, formatAmount, formatDay, Loaded, MenuActions, Section, SmallTable, ToneBadge, type Column, type PageAction } from '@/kit';
import { differenceWords, runWords, tally, useCaseActions, useCases, useRuns } from './cases';
import type { Case, CaseRun, TestOrder } from './model';

const looks = { same: ['moss', IconCheck], changed: ['marigold', IconAlertTriangle], failed: ['clay', IconX] } as const;

function State({ run }: { run: CaseRun | undefined }) {
  if (!run) return <Text span c="dimmed">running…</Text>;
  const [tone, icon] = looks[run.state], word = runWords[run.state];
  return <ToneBadge tone={tone} icon={icon}>{word.charAt(0).toUpperCase() + word.slice(1)}</ToneBadge>;
}

function Changes({ run }: { run: CaseRun | undefined }) {
  if (!run || run.state === 'same') return null;
  if (run.state === 'failed') return <Text size="sm">{run.problem}</Text>;
  return <List size="sm" listStyleType="none">{run.differences.map((found) => <List.Item key={found.label}>{differenceWords(found, run.currency)}</List.Item>)}</List>;
}

function Rename({ found, end, programId }: { found: Case; end: () => void; programId: number }) {
  const { change } = useCaseActions(programId);
  const [name, setName] = useState(found.name);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() === found.name) end();
    else change.mutate({ found, name }, { onSuccess: end });
  };
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="start" wrap="nowrap">
        <TextInput aria-label={`New name of ${found.name}`} autoFocus maxLength={200} value={name} error={change.error?.errors[0]?.message ?? change.error?.detail} onChange={(event) => { setName(event.currentTarget.value); change.reset(); }} onKeyDown={(event) => { if (event.key === 'Escape') end(); }} />
        <Button type="submit" variant="default" disabled={!name.trim()} loading={change.isPending}>Rename</Button>
      </Group>
    </form>
  );
}

interface Props { programId: number; loaded: number | null; order: TestOrder | null; load: (found: Case) => void; gone: (id: number) => void }

/** Baskets kept with the result that is expected of them: each tells when another one comes of it. */
export function Cases({ programId, loaded, order, load, gone }: Props) {
  const query = useCases(programId), cases = query.data ?? [];
  const runs = useRuns(programId, cases.length > 0);
  const { change, remove } = useCaseActions(programId);
  const [renaming, setRenaming] = useState<number | null>(null);
  const mayChange = useCan('loyalty:update'), mayDelete = useCan('loyalty:delete');
  const runOf = (found: Case) => runs.data?.get(found.id);
  const drop = async (found: Case) => {
    if (!await confirmConsequence({ title: `Delete the case ${found.name}?`, body: 'The basket and the result expected of it are gone for good. Promotions and points stay as they are.', action: 'Delete case', keep: 'Keep it', danger: true })) return;
    remove.mutate(found, { onSuccess: () => { doneToast(`${found.name} deleted`); gone(found.id); }, onError: failToast });
  };
  const actions = (found: Case): PageAction[] => {
    const run = runOf(found), all: PageAction[] = [{ label: 'Load into the form', onClick: () => { load(found); } }];
    if (mayChange) {
      all.push({ label: 'Rename…', onClick: () => { setRenaming(found.id); } });
      if (run?.state === 'changed') all.push({ label: 'Expect the present result', onClick: () => { change.mutate({ found, expect: true }, { onSuccess: () => { doneToast(`${found.name} expects the present result`); }, onError: failToast }); } });
      if (found.id === loaded && order) all.push({ label: 'Save the form into it', onClick: () => { change.mutate({ found, order }, { onSuccess: () => { doneToast(`${found.name} saved`); }, onError: failToast }); } });
    }
    if (mayDelete) all.push({ label: 'Delete…', danger: true, onClick: () => void drop(found) });
    return all;
  };
  const columns: Column<Case>[] = [
    { key: 'name', header: 'Case', priority: 1, cell: (found) => (renaming === found.id ? <Rename found={found} programId={programId} end={() => { setRenaming(null); }} /> : <Button variant="transparent" size="compact-sm" px={0} styles={{ label: { whiteSpace: 'normal', textAlign: 'start', lineHeight: 1.5, overflow: 'visible' } }} h="auto" onClick={() => { load(found); }} aria-label={`Load ${found.name}`}>{found.name}{found.id === loaded && ' (loaded)'}</Button>) },
    { key: 'expected', header: 'Expected', align: 'right', priority: 2, cell: (found) => `${formatAmount(found.expected.final, found.expected.currency)}, ${formatDay(found.expected_at)}` },
    { key: 'state', header: 'Now', priority: 1, cell: (found) => <State run={runOf(found)} /> },
    { key: 'changes', header: 'What changed', priority: 2, cell: (found) => (runOf(found) && runOf(found)?.state !== 'same' ? <Changes run={runOf(found)} /> : null) },
    { key: 'actions', header: 'Actions', priority: 1, cell: (found) => <MenuActions label={`Actions for ${found.name}`} actions={actions(found)} /> },
  ];
  const again = cases.length > 0 && <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} />} loading={runs.isFetching} onClick={() => void runs.refetch()}>Run again</Button>;
  return (
    <Section title="Saved cases" text={cases.length ? tally(cases.length, runs.data) : undefined} actions={again}>
      <Loaded query={query} what="the saved cases">
        {(items) => (items.length === 0
          ? <Text c="dimmed">Save a basket as a case, and this page tells you when a change of promotions, levels or the calendar gives it another price.</Text>
          : <SmallTable label="Saved cases" columns={columns} rows={items} rowKey={(found) => found.id} />)}
      </Loaded>
      {runs.error && <Text size="sm" c="clay">The cases could not be run: {runs.error.message}</Text>}
    </Section>
  );
}
