import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { toProblem } from '@/api/problem';
import { CopyButton } from '../figures/CopyButton';
import { NoRight, NotThere } from './Empty';

/** The panel that failed says what failed, why, and what to do; the rest of the page lives on. */
export function PanelError({ error, what, onRetry }: { error: unknown; what: string; onRetry?: (() => void) | undefined }) {
  const problem = toProblem(error);
  if (problem.status === 403) return <NoRight what={`see ${what}`} {...(problem.detail ? { detail: problem.detail } : {})} />;
  if (problem.status === 404) return <NotThere what={what} detail={problem.detail} />;
  const title = `Could not load ${what}`;
  return (
    <Alert color="clay" icon={<IconAlertTriangle size={18} />} title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text>{problem.detail || problem.title}</Text>
        <Group gap="sm">
          {onRetry && <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry}>Try again</Button>}
          {problem.requestId && (
            <Group gap={4}>
              <Text size="xs">Request <Code>{problem.requestId}</Code></Text>
              <CopyButton value={problem.requestId} label="Copy request id" />
            </Group>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
