import { Button, Group, Menu, Paper, Text } from '@mantine/core';
import { paths, SmallTable, useGo, type Column } from '@/kit';
import { usePrograms, type Program } from '../programs/model';
import { captionOf, differences, type Draft, type Pinned, type Row } from './model';

const columns: Column<Row>[] = [
  { key: 'what', header: 'What differs', priority: 1, cell: (row) => row.label },
  { key: 'a', header: 'A', align: 'right', priority: 2, cell: (row) => row.a },
  { key: 'b', header: 'B', align: 'right', priority: 2, cell: (row) => row.b },
];

interface Props { a: Pinned; b: Pinned; program: Program; back: (draft: Draft) => void; unpin: () => void }

/** The result put aside beside the one at hand: only what differs. */
export function Against({ a, b, program, back, unpin }: Props) {
  const go = useGo();
  const rows = differences(a.tested, b.tested);
  const others = (usePrograms(program.database_id).data ?? []).filter((one) => one.id !== program.id && one.state !== 'archived');
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section" aria-label="A against B">
      <Text><strong>A</strong> {captionOf(a)}</Text>
      <Text><strong>B</strong> {captionOf(b)}</Text>
      {rows.length > 0 ? <SmallTable label="What differs between A and B" columns={columns} rows={rows} rowKey={(row) => row.label} /> : <Text my="sm" c="dimmed">The same comes of both. Change the moment, the way to choose, a draft or the basket.</Text>}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" onClick={() => { back(a.draft); }}>Back to A</Button>
        <Button size="compact-sm" variant="default" onClick={unpin}>Unpin A</Button>
        {others.length > 0 && (
          <Menu position="bottom-start">
            <Menu.Target><Button size="compact-sm" variant="default">Try in another program</Button></Menu.Target>
            <Menu.Dropdown>{others.map((one) => <Menu.Item key={one.id} onClick={() => { go(`${paths.program(one.id)}?tab=test`); }}>{one.name}</Menu.Item>)}</Menu.Dropdown>
          </Menu>
        )}
      </Group>
    </Paper>
  );
}
