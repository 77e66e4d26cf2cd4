import { Alert, Anchor, List } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useRef, type RefObject } from 'react';
import type { Fix } from './useAppForm';

/** `2 things to fix`, each a link to its field. Takes the focus when saving was refused. */
export function ErrorSummary({ fixes, attempt, scope }: { fixes: readonly Fix[]; attempt: number; scope: RefObject<HTMLElement | null> }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { if (attempt > 0) box.current?.focus(); }, [attempt]);
  if (fixes.length === 0 || attempt === 0) return null;
  const jump = (path: string) => {
    const field = [...(scope.current?.querySelectorAll<HTMLElement>('[data-path]') ?? [])].find((el) => el.dataset.path === path);
    field?.scrollIntoView({ block: 'center' });
    field?.focus();
  };
  return (
    <Alert ref={box} tabIndex={-1} role="alert" color="clay" icon={<IconAlertTriangle size={18} />}
      title={fixes.length === 1 ? 'One thing to fix' : `${fixes.length} things to fix`}>
      <List size="sm" withPadding={false}>
        {fixes.map((fix, i) => (
          <List.Item key={i}>
            {fix.path === '' ? fix.message : (
              <Anchor component="button" type="button" inherit c="inherit" td="underline" ta="left" onClick={() => { jump(fix.path); }}>{fix.message}</Anchor>
            )}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
