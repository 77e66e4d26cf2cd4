import { IconLock, IconPlayerPlay } from '@tabler/icons-react';
import { useDatabases } from '@/api/database';
import { formatCount, Loaded, named, Page, PageTabs, paths, StateBadge, ToneBadge, useIdParam, type PageTab } from '@/kit';
import { MemberTab } from '../members/MemberTab';
import { TestTab } from '../testing/TestTab';
import { TransactionsTab } from '../transactions/TransactionsTab';
import { LevelsTab } from './levels/LevelsTab';
import { LogTab } from './LogTab';
import { audienceWords, useProgram, useSummary, type Program } from './model';
import { OverviewTab } from './OverviewTab';
import { PartnersTab } from './partners/PartnersTab';
import { PointsTab } from './points/PointsTab';
import { SettingsTab } from './SettingsTab';
import { useProgramActions } from './useProgramActions';

const tabsOf = (program: Program, members: number | undefined): PageTab[] => [
  { value: 'overview', label: 'Overview', render: () => <OverviewTab program={program} /> },
  { value: 'points', label: 'Points', count: program.setup.points, render: () => <PointsTab program={program} /> },
  { value: 'levels', label: 'Levels', count: program.setup.level_groups, render: () => <LevelsTab program={program} /> },
  { value: 'test', label: 'Test', render: () => <TestTab program={program} /> },
  { value: 'members', label: 'Members', count: members ?? null, render: () => <MemberTab program={program} /> },
  { value: 'transactions', label: 'Transactions', render: () => <TransactionsTab program={program} /> },
  { value: 'partners', label: 'Partners', count: program.setup.partners, render: () => <PartnersTab program={program} /> },
  { value: 'settings', label: 'Settings', render: () => <SettingsTab program={program} /> },
  { value: 'log', label: 'Log', render: () => <LogTab program={program} /> },
];

/** A loyalty program: what is earned, what it leads to, who is in it. */
export function ProgramPage() {
  const id = useIdParam('programId');
  const query = useProgram(id);
  const program = query.data;
  const databases = useDatabases() ?? [];
  const members = useSummary(id, program !== undefined && program.activated_at !== null).data?.members;
  const { primary, secondary, menu } = useProgramActions(program);
  const facts = program ? [audienceWords(program), members !== undefined && formatCount(members, 'member', 'members'), databases.length > 1 && program.database_name] : [];
  return (
    <Page title={named(query, (p) => p.name, 'Program')} crumbs={[{ label: 'Loyalty programs', href: paths.programs() }]} facts={facts} secondary={secondary} menu={menu}
      {...(primary ? { primary: { ...primary, icon: <IconPlayerPlay size={16} /> } } : {})}
      badges={program && <><StateBadge state={program.state} />{program.state === 'archived' && <ToneBadge icon={IconLock}>Archived</ToneBadge>}</>}
      help={{ text: 'Points are what members earn, qualification points lead to levels, promotions say for what. Settings may be changed while the program runs: points that members have stay as they are.', guide: 'loyalty', api: '/loyalty/programs' }}>
      <Loaded query={query} what="the program">{(found) => <PageTabs tabs={tabsOf(found, members)} />}</Loaded>
    </Page>
  );
}
