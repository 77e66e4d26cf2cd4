import { Stack } from '@mantine/core';
import { IconPlus, IconRosetteDiscount } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { announce, failToast, FirstUse, Loaded, NeedDatabase, Page, paths, useGo, useSearchParam } from '@/kit';
import { usePrograms, type Program } from '../programs/model';
import { ProgramChoice } from '../programs/ProgramChoice';
import { ArbitrationPanel } from './ArbitrationPanel';
import { GroupsPanel } from './GroupsPanel';
import { Lane, lanesOf } from './Lanes';
import { useArbitration, useGroups, usePromotions, type Group as Exclusion, type Promotion } from './model';

/** Before the first promotion: what to begin with, and the groups that it may go into. */
function None({ program, children }: { program: Program; children: ReactNode }) {
  return <Stack gap="md">{children}<Loaded query={useGroups(program.id)} what="the exclusion groups">{(groups) => <GroupsPanel program={program} groups={groups} />}</Loaded></Stack>;
}

function Lanes({ program, items, groups }: { program: Program; items: readonly Promotion[]; groups: readonly Exclusion[] }) {
  const arbitration = useArbitration(program.id);
  const can = useCan('loyalty:update');
  const [dragged, setDragged] = useState<number | null>(null);
  const arrange = useAction({ refresh: [['promotions']], run: (ids: number[]) => ok(api.PUT('/api/v1/loyalty/programs/{program_id}/promotions/order', { params: { path: { program_id: program.id } }, body: { ids } })) });
  const move = (id: number, to: number) => {
    const ids = items.map((one) => one.id).filter((one) => one !== id);
    ids.splice(Math.max(0, Math.min(to, ids.length)), 0, id);
    if (ids.join() === items.map((one) => one.id).join()) return;
    arrange.mutate(ids, { onSuccess: () => { announce(`Moved to number ${Math.max(1, Math.min(to + 1, items.length))}`); }, onError: failToast });
  };
  return (
    <Stack gap="md">
      <Loaded query={arbitration} what="how promotions go together">{(found) => <ArbitrationPanel program={program} arbitration={found} />}</Loaded>
      <Stack gap="xs" role="group" aria-label="Promotions in the order in which they are tried">
        {lanesOf(items, groups).map((lane) => <Lane key={`${lane.title}${lane.items[0]?.id}`} lane={lane} program={program} total={items.length} can={can} dragged={dragged} drag={setDragged} move={move} />)}
      </Stack>
      <GroupsPanel program={program} groups={groups} />
    </Stack>
  );
}

function Some({ program, items }: { program: Program; items: readonly Promotion[] }) {
  return <Loaded query={useGroups(program.id)} what="the exclusion groups">{(groups) => <Lanes program={program} items={items} groups={groups} />}</Loaded>;
}

/** Promotions of a program in lanes by exclusion group, in the order in which they are tried. */
export function PromotionListPage() {
  const database = useDatabase(), go = useGo(), can = useCan('loyalty:create');
  const [asked, setAsked] = useSearchParam('program');
  const programs = usePrograms(database?.id);
  const program = programs.data?.find((one) => String(one.id) === asked) ?? programs.data?.[0];
  const query = usePromotions(program?.id ?? 0);
  if (!database) return <NeedDatabase title="Promotions" why="Promotions belong to the loyalty program of a database." />;
  const add = { label: 'New promotion', icon: <IconPlus size={16} />, onClick: () => { go(paths.promotionNew(program?.id)); }, shortcut: 'n' };
  return (
    <Page title="Promotions" {...(can && program ? { primary: add } : {})} secondary={[{ label: 'Order segments', onClick: () => { go(paths.orderSegments()); } }]}
      tools={programs.data && programs.data.length > 1 ? <ProgramChoice bare programs={programs.data} program={program} choose={setAsked} /> : undefined}
      facts={program ? [`of ${program.name}`] : []} help={{ text: 'Promotions are tried from the first to the last. Drag them, use Move, or type the number.', guide: 'promotions', api: '/loyalty/programs/{id}/promotions' }}>
      <Loaded query={programs} what="the programs">
        {(known) => (known.length === 0 || !program ? <FirstUse icon={IconRosetteDiscount} title="Reward something" text="Promotions belong to a loyalty program: make one first, with the points it gives." primary={{ label: 'New program', onClick: () => { go(paths.programNew()); } }} />
          : <Loaded query={query} what="the promotions">
            {(items) => (items.length === 0
              ? <None program={program}><FirstUse icon={IconRosetteDiscount} title="Reward something" text="Start with one: 5 % of what is paid, in points. It gives nothing before you publish it." {...(can ? { primary: add } : {})} /></None>
              : <Some program={program} items={items} />)}
          </Loaded>)}
      </Loaded>
    </Page>
  );
}
