import { Stack, Text } from '@mantine/core';
import { readTree, useSegmentNames, useWords, WhyTree, writeTree, type Json, type Words } from '@/conditions';
import { Loaded } from '@/kit';
import { useDraftVocabulary } from '../promotions/model';
import { useWhy, type TestOrder, type Why } from './model';

type Rules = Why['rules'];
interface TreeProps { condition: Json; rules: Rules; raw: Words['raw']; segments: ReadonlyMap<number, string> }

function Rule({ condition, rules, raw, segments }: TreeProps) {
  const words = useWords(raw), tree = readTree(condition);
  return <WhyTree tree={tree} written={writeTree(tree)} rules={rules} words={words} segments={segments} />;
}

interface Props { programId: number; databaseId: number; order: TestOrder | null; promotion: number }

/** The rules of a promotion as the basket met them: each holds or does not, with the value it saw. */
export function Reasons({ programId, databaseId, order, promotion }: Props) {
  const query = useWhy(programId, order, promotion);
  const whole = useDraftVocabulary(programId, 'order').data, line = useDraftVocabulary(programId, 'line').data;
  const segments = new Map((useSegmentNames(databaseId) ?? []).map((segment) => [segment.id, segment.name]));
  return (
    <Loaded query={query} what="the rules">
      {(found) => (
        <Stack gap="xs" py="xs">
          {!found.condition && !found.products && <Text size="sm" c="dimmed">It has no rules: every order fits.</Text>}
          {found.condition && whole && <Rule condition={found.condition} rules={found.rules} raw={whole} segments={segments} />}
          {found.products && line && found.lines.map((one) => (
            <section key={one.line} aria-label={`Line ${one.name ?? one.sku}`}>
              <Text fw={550}>{one.name ?? one.sku}: {one.holds ? 'one of its products' : 'none of its products'}</Text>
              <Rule condition={found.products as Json} rules={one.rules} raw={line} segments={segments} />
            </section>
          ))}
        </Stack>
      )}
    </Loaded>
  );
}
