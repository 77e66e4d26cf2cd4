import { Group, Stack, Text } from '@mantine/core';
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import type { components } from '@/api/schema';
import { formatNumber, formatStamp } from '@/kit';
import css from './conditions.module.css';
import { groupWords, ruleWords } from './sentence';
import type { EditNode, Tree, Written } from './tree';
import type { Words } from './vocabulary';

type Verdict = components['schemas']['Verdict'];
interface WhyProps { tree: Tree; written: Written; rules: readonly Verdict[]; words: Words; segments: ReadonlyMap<number, string> }

/** Rows were counted, and perhaps summed up: `2 times, sum 712`. */
function rowsWords(seen: Record<string, unknown>): string {
  const count = Number(seen.count), rest = Object.entries(seen).filter(([key]) => key !== 'count');
  return [`${formatNumber(count)} ${count === 1 ? 'time' : 'times'}`, ...rest.map(([key, value]) => `${key} ${typeof value === 'string' ? formatNumber(value) : seenWords(value)}`)].join(', ');
}

function seenWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(seenWords).join(', ');
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return formatStamp(value);
  if (typeof value === 'object') return 'count' in value ? rowsWords({ ...value }) : JSON.stringify(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Mark({ holds, taking }: { holds: boolean | undefined; taking: boolean }) {
  if (taking && holds !== undefined) return holds ? <IconCheck size={16} color="var(--fd-clay-text)" aria-label="holds, which takes out" /> : <IconX size={16} color="var(--mantine-color-dimmed)" aria-label="does not hold" />;
  if (holds === undefined) return <IconMinus size={16} aria-label="not looked at" />;
  return holds ? <IconCheck size={16} color="var(--fd-moss-text)" aria-label="holds" /> : <IconX size={16} color="var(--fd-clay-text)" aria-label="does not hold" />;
}

/** The rules of a segment as one person met them: each holds or does not, with the value it saw. */
export function WhyTree({ tree, written, rules, words, segments }: WhyProps) {
  const byPath = new Map(rules.map((r) => [r.path, r]));
  const verdict = (id: string) => { const path = written.paths.get(id); return path === undefined ? undefined : byPath.get(path); };
  const failing = (nodes: readonly EditNode[], taking: boolean) => nodes.find((n) => { const found = verdict(n.id); return found && found.holds === taking; })?.id;
  const seen = (id: string) => { const path = written.paths.get(id) ?? ''; return byPath.get(path)?.seen ?? byPath.get(`${path}/of`)?.seen; };
  const draw = (node: EditNode, first: string | undefined, taking: boolean) => (
    <li key={node.id}>
      <Group gap="xs" wrap="nowrap" align="flex-start" p={4} {...(node.id === first ? { className: css.rule, 'data-lit': true } : {})}>
        <span style={{ flexShrink: 0, lineHeight: '24px' }}><Mark holds={verdict(node.id)?.holds} taking={taking} /></span>
        <div>
          <Text>{node.kind === 'rule' ? ruleWords(words, node, null, segments) : groupWords(node)}</Text>
          {node.kind === 'rule' && node.node.kind !== 'member' && node.node.kind !== 'always' && <Text size="xs" {...(node.id === first ? {} : { c: 'dimmed' })}>saw {seenWords(seen(node.id))}</Text>}
        </div>
      </Group>
      {node.kind === 'group' && <ul style={{ listStyle: 'none', margin: 0, paddingLeft: 24 }}>{node.of.map((child) => draw(child, first, taking))}</ul>}
    </li>
  );
  const sections = [['Include', tree.include.of, false], ['Exclude', tree.exclude.of, true]] as const;
  return (
    <Stack gap="sm">
      {sections.map(([name, nodes, taking]) => nodes.length > 0 && (
        <section key={name} aria-label={name}>
          <Text fw={550}>{name}</Text>
          <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>{nodes.map((n) => draw(n, failing(nodes, taking), taking))}</ul>
        </section>
      ))}
    </Stack>
  );
}
