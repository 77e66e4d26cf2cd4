import { Anchor, Progress, Stack, Text } from '@mantine/core';
import { AppLink, Details, formatAmount, formatCount, formatNumber, Loaded, paths, Section } from '@/kit';
import { useCost, type Effects, type Promotion } from './model';

type Effect = Effects['promotions'][number];
type Limit = Promotion['usage']['limits'][number];
const PERIODS: Readonly<Record<Limit['period'], string>> = { ever: '', day: ' today', week: ' this week', month: ' this month', year: ' this year' };

const isNought = (amount: string): boolean => /^-?[0.]*$/.test(amount);
const less = (amount: string, by: string): string => String(Math.round((Number(amount) - Number(by)) * 10_000) / 10_000);

/** `412 points, worth €41.20`, a line for each type. */
export function pointsGiven(effect: Pick<Effect, 'points'> | undefined, worth: (key: string) => string | null): string[] {
  return (effect?.points ?? []).map((one) => {
    const currency = worth(one.points), left = less(one.accrued, one.taken_back);
    const value = one.money !== null && currency ? `, worth ${formatAmount(one.money, currency)}` : '';
    return `${formatNumber(left)} ${one.points}${value}`;
  });
}

/** `€3,170.00 left of €5,000.00`. */
export function limitWords(limit: Limit, currency: string): string {
  const write = (amount: string) => (limit.what === 'money' ? formatAmount(amount, currency) : `${formatNumber(amount)} ${limit.what === 'uses' ? 'uses' : 'points'}`);
  const left = Math.max(0, Number(less(limit.most, limit.used)));
  return `${limit.what === 'money' ? formatAmount(left.toFixed(2), currency) : formatNumber(left)} left of ${write(limit.most)}${PERIODS[limit.period]}`;
}

function Left({ limit, currency }: { limit: Limit; currency: string }) {
  const share = Math.min(100, (Number(limit.used) / Math.max(Number(limit.most), 0.01)) * 100);
  return (
    <div>
      <Text size="sm">{limitWords(limit, currency)}</Text>
      <Progress size="sm" mt={4} value={share} color={share >= 100 ? 'clay' : share >= 80 ? 'marigold' : 'fjord'} aria-label={limitWords(limit, currency)} />
    </div>
  );
}

interface Props { promotion: Promotion; worth: (key: string) => string | null }

/** What a promotion has cost of late, and how much of its limits is left. */
export function Cost({ promotion, worth }: Props) {
  const query = useCost(promotion), { usage, definition } = promotion, trigger = promotion.kind === 'trigger';
  const since = [formatCount(usage.uses, 'use', 'uses'), !isNought(usage.money) && definition.currency && formatAmount(usage.money, definition.currency), !isNought(usage.points) && `${formatNumber(usage.points)} points`].filter(Boolean).join(' · ');
  return (
    <Section title="Last 30 days">
      <Stack gap="sm">
        <Loaded query={query} what="what it cost">
          {(found) => {
            const mine = found.promotions.find((one) => one.id === promotion.id), points = pointsGiven(mine, worth);
            const orders = mine?.used.orders ?? 0, used = orders > 0 && found.currency !== null;
            if (!used && points.length === 0) return <Text c="dimmed" size="sm">{promotion.version === null ? 'Nothing: it is not in force yet.' : 'It gave nothing in this time.'}</Text>;
            return (
              <Details items={[
                ...(trigger ? [] : [['Orders', `${formatNumber(orders)} of ${formatNumber(found.total.orders)}`] as const]),
                ...(used && promotion.kind === 'discount' ? [['Discount', formatAmount(mine?.used.discount, found.currency ?? '')] as const] : []),
                ...(points.length > 0 ? [['Points', <span key="p">{points.map((words) => <div key={words}>{words}</div>)}</span>] as const] : []),
                ...(used ? [['Revenue', formatAmount(mine?.used.revenue, found.currency ?? '')] as const] : []),
              ]} />
            );
          }}
        </Loaded>
        {usage.limits.map((limit) => <Left key={`${limit.what}${limit.period}`} limit={limit} currency={definition.currency ?? ''} />)}
        <Text size="sm" c="dimmed">Since it began: {since}</Text>
        <Text size="sm"><Anchor inherit component={AppLink} href={`${paths.loyaltyAnalytics(promotion.program_id)}&tab=promotions&promotion=${String(promotion.id)}`}>All its figures</Anchor></Text>
      </Stack>
    </Section>
  );
}
