import { Group, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck, IconLock, IconMapOff, IconSearchOff, type Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ActionButton } from '../page/PageActions';
import type { PageAction } from '../page/meta';

interface EmptyProps {
  title: string;
  text?: ReactNode;
  icon?: Icon;
  primary?: PageAction | undefined;
  secondary?: PageAction | undefined;
  /** a picture-sized example of what will stand here */
  example?: ReactNode;
}

function Empty({ title, text, icon: Mark, primary, secondary, example, tone }: EmptyProps & { tone: string }) {
  return (
    <Paper p="xl">
      <Stack align="center" gap="sm" py="lg" ta="center">
        {Mark && <ThemeIcon variant="light" color={tone} size={48} radius={24}><Mark size={24} aria-hidden="true" /></ThemeIcon>}
        <Title order={2} size="h3">{title}</Title>
        {text && <Text c="dimmed" maw={520}>{text}</Text>}
        {example}
        {(primary ?? secondary) && (
          <Group gap="xs" mt="xs" justify="center">
            {primary && <ActionButton action={primary} />}
            {secondary && <ActionButton action={secondary} variant="default" />}
          </Group>
        )}
      </Stack>
    </Paper>
  );
}

/** Nothing here yet: what it is, one example, the first step. */
export const FirstUse = (props: EmptyProps) => <Empty tone="fjord" {...props} />;

/** The filters match nothing: says which to remove. */
export function NoMatch({ noun, q, filters = [], onClear }: { noun: string; q?: string | undefined; filters?: readonly string[]; onClear: () => void }) {
  const hints = [q ? 'Check the spelling' : '', filters.length > 0 ? `remove ${filters.join(' or ')}` : ''].filter(Boolean).join(', or ');
  const say = hints.charAt(0).toUpperCase() + hints.slice(1);
  return (
    <Empty tone="gray" icon={IconSearchOff} title={`No ${noun} matches${q ? ` “${q}”` : ' these filters'}`} text={say}
      primary={{ label: filters.length > 0 ? 'Clear filters' : 'Clear search', onClick: onClear }} />
  );
}

/** One calm line: nothing is left to do. */
export function AllDone({ children }: { children: ReactNode }) {
  return <Group gap="xs" c="dimmed" py="xs"><IconCheck size={16} aria-hidden="true" /><Text>{children}</Text></Group>;
}

/** The object of this address was deleted, or never was. */
export function NotThere({ what, detail }: { what: string; detail?: string }) {
  const says = detail && !detail.includes('/api/') ? `${detail}. ` : ''; // an address that nobody typed tells nobody anything
  return (
    <Empty tone="gray" icon={IconMapOff} title={`${what.charAt(0).toUpperCase()}${what.slice(1)} cannot be found`}
      text={`${says}It was deleted, or the address is mistyped.`} primary={{ label: 'Go back', onClick: () => { globalThis.history.back(); } }} />
  );
}

/** Which right is missing and who grants it; `detail` is what the server said about it. */
export function NoRight({ what, right, detail }: { what: string; right?: string; detail?: string }) {
  return (
    <Empty tone="gray" icon={IconLock} title={`You cannot ${what}`}
      text={detail ?? (right ? `Ask an owner for the right “${right}”.` : 'Ask an owner for the right to do this.')} />
  );
}
