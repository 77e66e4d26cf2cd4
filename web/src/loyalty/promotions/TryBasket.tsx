import { Anchor, Group, List, Select, Stack, Text } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { toProblem } from '@/api/problem';
import { AppLink, Details, formatAmount, formatPoints, Loaded, paths, RefetchBar, Section, useAnnounceChange, useTold } from '@/kit';
import { usePoints, type PointType, type Program } from '../programs/model';
import { Basket } from '../testing/Basket';
import { differenceWords, useCases } from '../testing/cases';
import { askOf, effectOf, hasGoods, type Case } from '../testing/model';
import { useDraft } from '../testing/useDraft';
import { useKept } from '../testing/useKept';
import type { Definition, Kind } from './model';
import { useTried, type Tried } from './trying';

const OWN = 'own';
const moved = (was: string, now: string) => (was === now ? now : `${was} → ${now}`);

/** What became of the promotion on the basket, and what that means for who buys. */
export function Told({ tried, kinds }: { tried: Tried; kinds: readonly PointType[] }) {
  const { step, before, after, currency } = tried, applied = step.status === 'applied';
  const money = (text: string) => formatAmount(text, currency);
  const earned = [...new Set([...Object.keys(before.accrue), ...Object.keys(after.accrue)])];
  const kindOf = (key: string) => kinds.find((kind) => kind.key === key);
  const points = (found: Tried['before'], key: string) => formatPoints(found.accrue[key] ?? '0', undefined, kindOf(key)?.places);
  const others = tried.differences.filter((found) => found.label !== 'To pay' && found.label !== step.name && !found.label.startsWith('Earns '));
  return (
    <Stack gap="xs">
      <Group gap="xs" wrap="nowrap" align="start" data-testid="tried">
        {applied ? <IconCheck size={18} aria-hidden color="var(--mantine-color-success)" style={{ flex: 'none', marginTop: 2 }} /> : <IconX size={18} aria-hidden color="var(--mantine-color-dimmed)" style={{ flex: 'none', marginTop: 2 }} />}
        <Text fw={550}>{verdict(tried)}</Text>
      </Group>
      {step.limited && <Text size="sm">Held back by a cap, limit or lowest price.</Text>}
      <Details items={[
        ['To pay', moved(money(before.final), money(after.final))],
        ...earned.map((key) => [`Earns ${kindOf(key)?.name ?? key}`, moved(points(before, key), points(after, key))] as const),
      ]} />
      {others.length > 0 && <List size="sm" listStyleType="none" aria-label="What else changes">{others.map((found) => <List.Item key={found.label}>{differenceWords(found, currency)}</List.Item>)}</List>}
      <Text size="sm" c="dimmed">Beside what is in force now. Nothing is written.</Text>
    </Stack>
  );
}

interface Props { program: Program; kind: Kind; promotion: number | null; definition: Definition }

const verdict = ({ step, currency }: Tried): string => `${step.status === 'applied' ? 'Applied' : 'Not applied'}: ${effectOf(step, currency)}`;

function Trying({ program, kind, promotion, definition, kinds, cases }: Props & { kinds: readonly PointType[]; cases: readonly Case[] }) {
  const [own, setOwn] = useDraft(program, kinds);
  const [kept, keep] = useKept<string | null>(`promotion-basket.${String(program.id)}`, null);
  const first = cases[0] && !hasGoods(own) ? String(cases[0].id) : OWN;
  const chosen = kept === OWN || cases.some((one) => String(one.id) === kept) ? kept ?? OWN : first;
  const found = cases.find((one) => String(one.id) === chosen);
  const order = found ? found.order : askOf(own);
  const query = useTried(program.id, promotion, kind, definition, order);
  useTold(query.error);
  const problem = query.error ? toProblem(query.error) : null;
  useAnnounceChange(order && !problem && query.data ? verdict(query.data) : undefined);
  const unfinished = problem?.errors.some((one) => one.pointer.startsWith('/definition')) === true;
  return (
    <Stack gap="sm">
      <RefetchBar on={query.isFetching} />
      <Select aria-label="Which basket" allowDeselect={false} value={chosen} onChange={(value) => { keep(value); }}
        data={[{ value: OWN, label: 'A basket of your own' }, ...(cases.length ? [{ group: 'Saved cases', items: cases.map((one) => ({ value: String(one.id), label: one.name })) }] : [])]} />
      {!found && <Basket lines={own.lines} change={(lines) => { setOwn((before) => ({ ...before, lines })); }} />}
      <div>
        {!order && <Text size="sm" c="dimmed">Name a product: what the promotion would do to it stands here.</Text>}
        {order && !problem && !query.data && <Text size="sm" c="dimmed">Working it out…</Text>}
        {order && problem && <Text size="sm" c="dimmed">{unfinished ? 'Finish what the promotion says, then it is tried here.' : problem.errors[0]?.message ?? problem.detail}</Text>}
        {order && !problem && query.data && <Told tried={query.data} kinds={kinds} />}
      </div>
      <Anchor size="sm" component={AppLink} href={`${paths.loyaltyTest(program.id)}${found ? `&case=${String(found.id)}` : ''}`}>Who buys, when and where: test page</Anchor>
    </Stack>
  );
}

/** A basket beside the editor: what the promotion would do to it as it is written now. A trigger promotion has none. */
export function TryBasket(props: Props) {
  const query = usePoints(props.program.id), cases = useCases(props.program.id);
  return (
    <Section title="On a basket">
      <Loaded query={query} what="the points">{(kinds) => <Loaded query={cases} what="the saved cases">{(known) => <Trying {...props} kinds={kinds} cases={known} />}</Loaded>}</Loaded>
    </Section>
  );
}
