import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem, type Problem } from '@/api/problem';
import { useCan } from '@/api/session';
import { ActionButton, announce, AppLink, confirmConsequence, doneToast, failToast, formatCount, formatStamp, LeaveGuard, Loaded, named, Page, PageTabs, paths, SaveBar, Section, SideDrawer, SmallTable, StateBadge, Time, ToneBadge, useDrawer, useGo, useIdParam, type Column } from '@/kit';
import { usePoints, useProgram, type Program } from '../programs/model';
import { useCases } from '../testing/cases';
import { Cost } from './Cost';
import { Editor } from './Editor';
import { kindWords, phaseWords, usePromotion, usePromotionLog, useVersions, type Definition, type Promotion } from './model';
import { PublishDialog } from './PublishDialog';
import css from './promotions.module.css';
import { TryBasket } from './TryBasket';
import { momentOf } from './zoned';

type Version = NonNullable<ReturnType<typeof useVersions>['data']>[number];
type Entry = NonNullable<ReturnType<typeof usePromotionLog>['data']>[number];
const at = (id: number) => ({ params: { path: { promotion_id: id } } });
const WHAT: Readonly<Record<string, string>> = { created: 'Made', draft: 'Began a version', published: 'Published', paused: 'Paused', resumed: 'Resumed', archived: 'Archived', discarded: 'Threw a version away' };

/** Publishes the draft, after a question where saved cases may change; the page keeps it, because a saved draft begins the editor anew. */
function usePublishing(promotion: Promotion | undefined, program: Program | undefined, name: string) {
  const [asking, setAsking] = useState<{ at: string | null } | null>(null);
  const cases = useCases(program?.id ?? 0, program !== undefined).data;
  const publish = useAction({ refresh: [['promotions']], run: (moment: string | null, { headers }) => ok(api.POST('/api/v1/loyalty/promotions/{promotion_id}/publish', { ...at(promotion?.id ?? 0), body: { at: moment }, headers })) });
  const send = (moment: string | null) => { publish.mutate(moment, { onSuccess: () => { setAsking(null); doneToast(moment ? 'Published; in force from then on' : 'Published: the next order goes by it'); }, onError: failToast }); };
  // without saved cases, and without an order, there is nothing to tell
  const begin = (moment: string | null) => { if (promotion?.kind === 'trigger' || cases?.length === 0) send(moment); else setAsking({ at: moment }); };
  const dialog = asking && promotion && program && (
    <PublishDialog programId={program.id} promotion={promotion.id} name={name} at={asking.at} when={formatStamp(asking.at, { zone: program.timezone })} publishing={publish.isPending} publish={() => { send(asking.at); }} close={() => { setAsking(null); }} />
  );
  return { begin, dialog, pending: publish.isPending };
}

interface EditProps { program: Program; promotion: Promotion; versions: readonly Version[]; publish: (moment: string | null) => void; publishing: boolean }

function EditTab({ program, promotion, versions, publish, publishing }: EditProps) {
  const draft = versions.find((one) => one.state === 'draft');
  const start = draft?.definition ?? promotion.definition;
  const [definition, setDefinition] = useState<Definition>(start), [base, setBase] = useState(start), [round, setRound] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null), [attempt, setAttempt] = useState(0), [left, setLeft] = useState(0), [when, setWhen] = useState('');
  const drawer = useDrawer('publish'), can = useCan('loyalty:update') && promotion.state !== 'archived';
  const dirty = useMemo(() => JSON.stringify(definition) !== JSON.stringify(base), [definition, base]);
  const put = useAction({ refresh: [['promotions']], run: (body: Definition) => ok(api.PUT('/api/v1/loyalty/promotions/{promotion_id}/draft', { ...at(promotion.id), body: { definition: body, revision: promotion.revision } })) });
  const kinds = usePoints(program.id).data ?? [];
  const drop = useAction({ refresh: [['promotions']], run: (number: number) => ok(api.DELETE('/api/v1/loyalty/promotions/{promotion_id}/versions/{number}', { params: { path: { promotion_id: promotion.id, number } } })) });
  const save = async () => {
    if (left > 0) { announce('A rule is unfinished. Finish or remove it, then save.'); return false; }
    try {
      setProblem(null);
      await put.mutateAsync({ ...definition, name: definition.name.trim() });
      setBase(definition);
      return true;
    } catch (error) { setProblem(toProblem(error)); setAttempt((n) => n + 1); return false; }
  };
  const go = async (moment: string | null) => {
    if (dirty && !(await save())) return;
    if (moment !== null) drawer.close();
    publish(moment);
  };
  const throwAway = async (number: number) => {
    if (await confirmConsequence({ title: `Throw version ${String(number)} away?`, body: 'What it says is gone for good. What is in force stays as it is.', action: 'Throw it away', keep: 'Keep it', danger: true })) drop.mutate(number, { onSuccess: () => { doneToast(`Version ${String(number)} is gone`); }, onError: failToast });
  };
  return (
    <div className={css.beside}>
      <div className={css.editor}>
        <Editor key={round} program={program} kind={promotion.kind} definition={definition} problem={problem} attempt={attempt} change={setDefinition} unfinished={setLeft}
          above={<Text c="dimmed" size="sm">{draft ? `You are editing version ${draft.number}${promotion.version ? `; version ${promotion.version} is in force` : ''}.` : `Version ${promotion.version ?? promotion.scheduled ?? 1} is published. A change makes the draft of the next one; nothing changes for customers before you publish it.`}</Text>} />
        {can && <SaveBar dirty={dirty} changes={0} saving={put.isPending} saveLabel="Save draft" onDiscard={() => { setDefinition(base); setRound((n) => n + 1); }} onSave={() => void save()} waiting={draft ? `Version ${draft.number} is a draft` : undefined}
          aside={<>
            {draft && !dirty && versions.length > 1 && <Button variant="subtle" onClick={() => void throwAway(draft.number)}>Throw it away</Button>}
            <Button variant="default" onClick={() => { drawer.open('1'); }}>Publish at…</Button>
            <Button {...(dirty ? { variant: 'default' } : {})} loading={publishing} onClick={() => void go(null)}>Publish now</Button>
          </>} />}
        <SideDrawer name="publish" title="Publish at a moment" right="loyalty:update">
          {() => <Stack gap="sm"><TextInput label="In force from" description={`By the clock of ${program.timezone}`} type="datetime-local" value={when} onChange={(event) => { setWhen(event.currentTarget.value); }} /><div><ActionButton action={{ label: 'Publish', disabled: when === '', onClick: () => void go(momentOf(when, program.timezone)) }} /></div></Stack>}
        </SideDrawer>
        <LeaveGuard dirty={() => dirty} onSave={save} />
      </div>
      <aside className={css.rail} aria-label="Summary">
        <Cost promotion={promotion} worth={(key) => kinds.find((kind) => kind.key === key)?.ratio_currency ?? null} />
        {promotion.state !== 'archived' && promotion.kind !== 'trigger' && <TryBasket program={program} kind={promotion.kind} promotion={promotion.id} definition={definition} />}
      </aside>
    </div>
  );
}

function VersionsTab({ promotion }: { promotion: Promotion }) {
  const columns: Column<Version>[] = [
    { key: 'number', header: 'Version', cell: (v) => v.number }, { key: 'state', header: 'State', cell: (v) => <StateBadge state={v.state === 'published' ? 'active' : v.state === 'replaced' ? 'completed' : v.state} /> },
    { key: 'sentence', header: 'What it says', priority: 2, cell: (v) => v.sentence }, { key: 'when', header: 'In force from', priority: 2, cell: (v) => <Time value={v.effective_at} /> }, { key: 'author', header: 'By', priority: 3, cell: (v) => v.author },
  ];
  const log: Column<Entry>[] = [{ key: 'at', header: 'When', cell: (e) => <Time value={e.at} /> }, { key: 'what', header: 'What', cell: (e) => `${WHAT[e.what] ?? e.what}${e.version ? ` · version ${e.version}` : ''}` }, { key: 'who', header: 'Who', priority: 2, cell: (e) => e.who }];
  return (
    <Stack gap="md">
      <Loaded query={useVersions(promotion.id)} what="the versions">{(rows) => <Section title="Versions"><SmallTable<Version> label="Versions" columns={columns} rows={rows} rowKey={(v) => v.number} /></Section>}</Loaded>
      <Loaded query={usePromotionLog(promotion.id)} what="the log">{(rows) => <Section title="What was done"><SmallTable<Entry> label="Log" columns={log} rows={rows} rowKey={(e) => `${e.at}${e.what}`} /></Section>}</Loaded>
    </Stack>
  );
}

/** A promotion: what it says, edited as a copy and published with a date; its versions and its log. */
export function PromotionPage() {
  const id = useIdParam('promotionId'), programId = useIdParam('programId');
  const query = usePromotion(id), program = useProgram(programId), versions = useVersions(id);
  const found = query.data, go = useGo(), can = useCan('loyalty:update');
  const { begin, dialog, pending } = usePublishing(found, program.data, versions.data?.[0]?.definition.name ?? '');
  const turn = useAction({ refresh: [['promotions']], run: (verb: 'pause' | 'resume', { headers }) => ok(api.POST(`/api/v1/loyalty/promotions/{promotion_id}/${verb}`, { ...at(id), headers })) });
  const copy = useAction({ refresh: [['promotions']], run: (_: null, { headers }) => ok(api.POST('/api/v1/loyalty/promotions/{promotion_id}/copy', { ...at(id), headers })) });
  const away = useAction({ refresh: [['promotions']], run: (promotion: number) => ok(api.DELETE('/api/v1/loyalty/promotions/{promotion_id}', at(promotion))) });
  const archive = async () => {
    if (await confirmConsequence({ title: 'Archive this promotion', body: 'It gives nothing any more. What it gave stays, and so do its versions.', action: 'Archive', keep: 'Keep it' })) away.mutate(id, { onSuccess: () => { go(paths.promotions(programId)); }, onError: failToast });
  };
  const works = found?.state === 'active';
  return (
    <Page title={named(query, (p) => p.definition.name, 'Promotion')} crumbs={[{ label: 'Promotions', href: paths.promotions(programId) }]}
      badges={found && <><StateBadge state={phaseWords[found.phase]} /><ToneBadge>{kindWords[found.kind].label}</ToneBadge></>}
      facts={found ? [found.kind !== 'trigger' && `tried as number ${found.place}`, formatCount(found.usage.uses, 'use', 'uses'), program.data && <Anchor key="p" component={AppLink} href={paths.program(programId)}>{program.data.name}</Anchor>] : []}
      secondary={can && found && (works || found.state === 'paused') ? [{ label: works ? 'Pause' : 'Resume', onClick: () => { turn.mutate(works ? 'pause' : 'resume', { onError: failToast }); } }] : []}
      menu={can && found ? [{ label: 'Copy', onClick: () => { copy.mutate(null, { onSuccess: (made) => { go(paths.promotion(programId, made.id)); }, onError: failToast }); } }, ...(found.state === 'archived' ? [] : [{ label: 'Archive', danger: true, onClick: () => void archive() }])] : []}
      help={{ text: 'A published version never changes. Editing makes a draft of the next one, which takes its place when you publish it.', guide: 'promotions', api: '/loyalty/promotions/{id}' }}>
      <Loaded query={query} what="the promotion">
        {(promotion) => (
          <PageTabs tabs={[
            { value: 'edit', label: 'What it says', render: () => <Loaded query={program} what="the program">{(owner) => <Loaded query={versions} what="the versions">{(rows) => <EditTab key={rows[0]?.number} program={owner} promotion={promotion} versions={rows} publish={begin} publishing={pending} />}</Loaded>}</Loaded> },
            { value: 'versions', label: 'Versions', render: () => <VersionsTab promotion={promotion} /> },
          ]} />
        )}
      </Loaded>
      {dialog}
    </Page>
  );
}
