import { Anchor, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { Keys, singleKeys, usePageMeta } from '@/kit';

const everywhere: readonly (readonly [string, string])[] = [
  ['mod+K', 'Search or jump to'], ['/', 'Search on this page'], ['?', 'Help'], ['J', 'Next row'], ['K', 'Previous row'], ['X', 'Select the row'],
  ['mod+S', 'Save'], ['escape', 'Close what is on top'],
];

/** Three sentences on this page, its shortcuts, and where to read more. */
export function HelpPanel({ opened, onOpen, onClose }: { opened: boolean; onOpen: () => void; onClose: () => void }) {
  const { title, help, actions } = usePageMeta();
  useHotkeys([['shift+?', () => { if (singleKeys()) onOpen(); }]]);
  const own = actions.flatMap((a) => (a.shortcut ? [[a.shortcut, a.label] as const] : []));
  return (
    <Drawer opened={opened} onClose={onClose} title={title ? `Help: ${title}` : 'Help'} size={400} closeButtonProps={{ 'aria-label': 'Close help' }}>
      <Stack gap="lg">
        <Text size="md" lh={1.5}>{help?.text ?? 'Every action of a page is in the palette: press the keys below, then type what you want to do.'}</Text>
        <div>
          <Title order={2} size="h4" mb="xs">Keys</Title>
          <Stack gap={6}>
            {[...own, ...everywhere].map(([combo, what]) => (
              <Group key={combo + what} justify="space-between"><Text>{what}</Text><Keys combo={combo} /></Group>
            ))}
            <Group justify="space-between"><Text>Go to profiles, segments, mailings, jobs</Text><Text size="xs" c="dimmed">G then P S M J</Text></Group>
          </Stack>
        </div>
        <Stack gap={4}>
          {help?.guide && <Anchor href={help.guide}>Guide</Anchor>}
          <Anchor href={help?.api ?? '/api/docs'} target="_blank" rel="noreferrer">API description</Anchor>
        </Stack>
      </Stack>
    </Drawer>
  );
}
