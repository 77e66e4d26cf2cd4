import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { useLayoutEffect, useRef } from 'react';
import { toProblem } from '@/api/problem';
import { rememberFocus } from '../confirm/focus';
import { CopyButton } from '../figures/CopyButton';
import { NoRight, NotThere } from './Empty';
import { useTold } from './told';

export interface PanelErrorProps { error: unknown; what: string; onRetry?: (() => void) | undefined }

/** What failed, why, and what to do. */
export function ErrorAlert({ error, what, onRetry }: PanelErrorProps) {
  const problem = toProblem(error);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const here = box.current;
    // "Try again" goes with the error: whoever pressed it goes on from the heading
    return () => { if (here?.contains(document.activeElement)) rememberFocus()(); };
  }, []);
  return (
    <Alert color="clay" icon={<IconAlertTriangle size={18} />} title={`Could not load ${what}`} role="alert" ref={box}>
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

/** The panel that failed says what failed, why, and what to do; the rest of the page lives on. */
export function PanelError(props: PanelErrorProps) {
  const { error, what } = props;
  const problem = toProblem(error);
  useTold(error);
  if (problem.status === 403) return <NoRight what={`see ${what}`} {...(problem.detail ? { detail: problem.detail } : {})} />;
  if (problem.status === 404) return <NotThere what={what} detail={problem.detail} />;
  return <ErrorAlert {...props} />;
}
