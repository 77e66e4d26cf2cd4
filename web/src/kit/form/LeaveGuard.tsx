import { Button, Group, Modal, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { rememberFocus } from '../confirm/focus';
import { createContext, useContext, useEffect, useState } from 'react';

export interface LeaveGuardProps {
  /** asked at the moment of leaving */
  dirty: () => boolean;
  /** saves and says whether it worked; without it the dialog offers only Discard and Stay */
  onSave?: (() => Promise<boolean>) | undefined;
}

/** The drawer a form stands in: it leaves Esc to the question while that is open. */
export const DrawerContext = createContext<{ onAsking: (asking: boolean) => void } | null>(null);

const drawerOf = (search: unknown): unknown => (typeof search === 'object' && search !== null && 'drawer' in search ? search.drawer : undefined);

/** Leaving with unsaved changes asks: Save, Discard or Stay. Changing only search params never asks, but closing the drawer that the form stands in does. */
export function LeaveGuard({ dirty, onSave }: LeaveGuardProps) {
  const [saving, setSaving] = useState(false);
  const drawer = useContext(DrawerContext);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty() && (current.pathname !== next.pathname || (drawer !== null && drawerOf(current.search) !== drawerOf(next.search))),
    enableBeforeUnload: dirty,
    withResolver: true,
  });
  const asking = blocker.status === 'blocked';
  const onAsking = drawer?.onAsking;
  useEffect(() => {
    if (!asking) return;
    onAsking?.(true);
    const restore = rememberFocus();
    return () => { onAsking?.(false); restore(); };
  }, [asking, onAsking]);
  if (blocker.status !== 'blocked') return null;
  const save = async () => {
    setSaving(true);
    const saved = await onSave?.();
    setSaving(false);
    if (saved) blocker.proceed();
    else blocker.reset();
  };
  return (
    <Modal opened onClose={blocker.reset} title="Leave with unsaved changes?" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Text mb="lg">{drawer ? 'What you typed here is not saved yet.' : 'What you changed on this page is not saved yet.'}</Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={blocker.reset} data-autofocus>Stay</Button>
        <Button variant="default" color="clay" onClick={blocker.proceed}>Discard changes</Button>
        {onSave && <Button loading={saving} onClick={() => void save()}>Save and leave</Button>}
      </Group>
    </Modal>
  );
}
