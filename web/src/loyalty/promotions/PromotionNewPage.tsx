import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import { announce, doneToast, LeaveGuard, Loaded, NeedDatabase, Page, paths, useGo, useSearchParam } from '@/kit';
import { usePoints, usePrograms, type Program } from '../programs/model';
import { Editor } from './Editor';
import { kindWords, type Definition, type Kind } from './model';
import { fitting, fresh } from './rewards';
import { TryBasket } from './TryBasket';

function NewPromotion({ program, points }: { program: Program; points: string | undefined }) {
  const start = (kind: Kind): Definition => ({ name: '', description: '', reward: fresh((fitting(kind)[0] as { kind: Definition['reward']['kind'] }).kind, points), limits: [], currency: null });
  const [kind, setKind] = useState<Kind>('discount');
  const [definition, setDefinition] = useState<Definition>(() => start('discount'));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0), [left, setLeft] = useState(0);
  const done = useRef(false); // nothing is left behind: known before the page changes
  const go = useGo();
  const send = useAction({ refresh: [['promotions']], run: (body: { kind: Kind; definition: Definition }, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/promotions', { params: { path: { program_id: program.id } }, body, headers })) });
  const save = async () => {
    if (left > 0) { announce('A rule is unfinished. Finish or remove it, then save.'); return false; }
    try {
      const made = await send.mutateAsync({ kind, definition: { ...definition, name: definition.name.trim() } });
      done.current = true;
      doneToast('Promotion saved as a draft; it gives nothing before it is published');
      go(paths.promotion(program.id, made.id), { replace: true });
      return true;
    } catch (error) { setProblem(toProblem(error)); setAttempt((n) => n + 1); return false; }
  };
  return (
    <Page title="New promotion" crumbs={[{ label: 'Promotions', href: paths.promotions(program.id) }]} width="form" rail={kind !== 'trigger' && <TryBasket program={program} kind={kind} promotion={null} definition={definition} />} primary={{ label: 'Save as draft', onClick: () => void save(), loading: send.isPending, shortcut: 'mod+S' }}
      help={{ text: 'A new promotion is a draft and stands last in the order. It gives nothing before you publish it.', guide: 'promotions', api: '/loyalty/programs/{id}/promotions' }}>
      <Editor key={kind} program={program} kind={kind} definition={definition} problem={problem} attempt={attempt} change={setDefinition} unfinished={setLeft}
        above={<Stack gap={4}><SegmentedControl aria-label="Kind of promotion" data={(Object.keys(kindWords) as Kind[]).map((value) => ({ value, label: kindWords[value].label }))} value={kind} onChange={(value) => { setKind(value); setDefinition((d) => ({ ...start(value), name: d.name })); setProblem(null); }} /><Text c="dimmed" size="sm">{kindWords[kind].text}</Text></Stack>} />
      <LeaveGuard dirty={() => definition.name !== '' && !done.current} onSave={save} />
    </Page>
  );
}

/** Makes a promotion of the program in the address, else of the active one of the database at hand. */
export function PromotionNewPage() {
  const database = useDatabase();
  const [asked] = useSearchParam('program');
  const query = usePrograms(database?.id);
  const program = query.data?.find((one) => String(one.id) === asked) ?? query.data?.[0];
  const points = usePoints(program?.id ?? 0);
  if (!database) return <NeedDatabase title="New promotion" crumbs={[{ label: 'Promotions', href: paths.promotions() }]} why="Promotions belong to the loyalty program of a database." />;
  if (!program) return <Page title="New promotion" crumbs={[{ label: 'Promotions', href: paths.promotions() }]}><Loaded query={query} what="the programs">{() => <Text>Make a loyalty program first: promotions belong to one.</Text>}</Loaded></Page>;
  if (!points.data) return <Page title="New promotion" crumbs={[{ label: 'Promotions', href: paths.promotions(program.id) }]}><Loaded query={points} what="the points">{() => null}</Loaded></Page>;
  return <NewPromotion key={program.id} program={program} points={(points.data.find((one) => one.kind === 'standard') ?? points.data[0])?.key} />;
}
