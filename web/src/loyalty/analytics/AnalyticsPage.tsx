import { IconChartHistogram } from '@tabler/icons-react';
import { useDatabase } from '@/api/database';
import { AppLink, FirstUse, Loaded, NeedDatabase, Page, PageTabs, paths, StateBadge, useSearchParam, type PageTab } from '@/kit';
import { usePrograms, type Program } from '../programs/model';
import { ProgramChoice } from '../programs/ProgramChoice';
import { BuyersTab } from './BuyersTab';
import { CodesTab } from './CodesTab';
import { LevelsTab } from './LevelsTab';
import { LiabilityTab } from './LiabilityTab';
import { OverviewTab } from './OverviewTab';
import { PartnersTab } from './PartnersTab';
import { PointsTab } from './PointsTab';
import { PromotionsTab } from './PromotionsTab';

const tabsOf = (program: Program): PageTab[] => [
  { value: 'overview', label: 'Overview', render: () => <OverviewTab program={program} /> },
  { value: 'points', label: 'Points', render: () => <PointsTab program={program} /> },
  { value: 'liability', label: 'Liability', render: () => <LiabilityTab program={program} /> },
  { value: 'levels', label: 'Levels', render: () => <LevelsTab program={program} /> },
  { value: 'promotions', label: 'Promotions', render: () => <PromotionsTab program={program} /> },
  { value: 'buyers', label: 'Members and others', render: () => <BuyersTab program={program} /> },
  { value: 'partners', label: 'Partners', render: () => <PartnersTab program={program} /> },
  { value: 'codes', label: 'Codes', render: () => <CodesTab program={program} /> },
];

/** The figures of the active program of the database at hand, or of another of its programs. */
export function AnalyticsPage() {
  const database = useDatabase();
  const query = usePrograms(database?.id);
  const [chosen, choose] = useSearchParam('program');
  if (!database) return <NeedDatabase title="Loyalty analytics" why="A loyalty program belongs to a database." />;
  const programs = query.data ?? [];
  const program = programs.find((p) => String(p.id) === chosen) ?? programs[0];
  return (
    <Page title="Loyalty analytics" badges={program && program.state !== 'active' && <StateBadge state={program.state} />} facts={program ? [<AppLink key="p" href={paths.program(program.id)}>{program.name}</AppLink>] : []}
      help={{ text: 'What the program does: who takes part, points earned and used, what is owed, what promotions and partners cost. Every figure is worked out from the ledger when you look, so a day that is over always tells the same. Money and points never share an axis.', guide: 'loyalty' }}>
      <Loaded query={query} what="the programs">
        {() => (
          <>
            <ProgramChoice programs={programs} program={program} choose={choose} />
            {program ? <PageTabs key={program.id} tabs={tabsOf(program)} /> : <FirstUse icon={IconChartHistogram} title="There is no loyalty program yet" text="Figures are of a program: make one first, with points, levels and a promotion." primary={{ label: 'New program', href: paths.programNew() }} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
