import { Button, Collapse, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { branchesOf, expressionOf, type Branch } from './model';

function Row({ feed, branch, level, onPick }: { feed: string; branch: Branch; level: number; onPick?: ((expression: string) => void) | undefined }) {
  const [open, setOpen] = useState(level < 1);
  const inner = branch.children.length > 0;
  const expression = expressionOf(feed, branch.path);
  return (
    <li>
      <Group gap={6} wrap="nowrap" align="center" mih={32} pl={level * 16}>
        {inner
          ? <UnstyledButton aria-expanded={open} aria-label={`${open ? 'Close' : 'Open'} ${branch.label}`} onClick={() => { setOpen(!open); }} display="flex">{open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}</UnstyledButton>
          : <span style={{ width: 16, flexShrink: 0 }} />}
        <Text size="sm" ff="monospace" style={{ flexShrink: 0 }}>{branch.label}</Text>
        <Text size="sm" c="dimmed" truncate style={{ flex: 1, minWidth: 0 }}>{branch.words}</Text>
        {onPick && <Button size="compact-xs" variant="default" aria-label={`Insert ${expression}`} onClick={() => { onPick(`{{ ${expression} }}`); }}>Insert</Button>}
      </Group>
      {inner && (
        <Collapse expanded={open}>
          <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
            {open && branch.children.map((child) => <Row key={child.label} feed={feed} branch={child} level={level + 1} onPick={onPick} />)}
            {open && branch.more > 0 && <Text component="li" size="xs" c="dimmed" pl={(level + 1) * 16 + 22}>and {branch.more} more</Text>}
          </Stack>
        </Collapse>
      )}
    </li>
  );
}

/** What a feed gave, to be opened branch by branch; with `onPick` each value can be put into a template. */
export function ValueTree({ feed, value, onPick }: { feed: string; value: unknown; onPick?: (expression: string) => void }) {
  const branches = branchesOf(value);
  if (branches.length === 0) return <Text size="sm" c="dimmed">{value === null || value === undefined ? 'Nothing was fetched yet.' : `It gives one value: ${JSON.stringify(value).slice(0, 200)}`}</Text>;
  return (
    <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: 'none' }} aria-label={`Values of feeds.${feed}`}>
      {branches.map((branch) => <Row key={branch.label} feed={feed} branch={branch} level={0} onPick={onPick} />)}
    </Stack>
  );
}
