import { Button, Group, Modal, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useState } from 'react';

export interface LeaveGuardProps {
  /** asked at the moment of leaving */
  dirty: () => boolean;
  /** saves and says whether it worked; without it the dialog offers only Discard and Stay */
  onSave?: () => Promise<boolean>;
}

/** Leaving with unsaved changes asks: Save, Discard or Stay. Changing only search params never asks. */
export function LeaveGuard({ dirty, onSave }: LeaveGuardProps) {
  const [saving, setSaving] = useState(false);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty() && current.pathname !== next.pathname,
    enableBeforeUnload: dirty,
    withResolver: true,
  });
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
      <Text mb="lg">What you changed on this page is not saved yet.</Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={blocker.reset} data-autofocus>Stay</Button>
        <Button variant="default" color="clay" onClick={blocker.proceed}>Discard changes</Button>
        {onSave && <Button loading={saving} onClick={() => void save()}>Save and leave</Button>}
      </Group>
    </Modal>
  );
}
