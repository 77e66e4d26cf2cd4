import { Button, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { onSessionEnd } from '@/api/client';
import { toProblem } from '@/api/problem';
import { signIn, useMe } from '@/api/session';

/** The session ended while working: sign in here, and what was being sent is sent again. Forms keep their values. */
export function SignInAgain() {
  const me = useMe();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const answer = useRef<((again: boolean) => void) | null>(null);

  useEffect(() => {
    onSessionEnd(() => new Promise((resolve) => {
      answer.current = resolve;
      setOpen(true);
    }));
    return () => { onSessionEnd(null); };
  }, []);

  const finish = (again: boolean) => {
    setOpen(false);
    setPassword('');
    setRefused(null);
    answer.current?.(again);
    answer.current = null;
  };
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!me?.email) return;
    setBusy(true);
    try {
      await signIn(client, me.email, password);
      finish(true);
    } catch (error) {
      const problem = toProblem(error);
      setRefused(problem.detail || problem.title);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={open} onClose={() => { finish(false); }} title="Sign in to go on" closeButtonProps={{ 'aria-label': 'Stay signed out' }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="md">
          <Text>Your session ended. Nothing on this page is lost: it goes on as soon as you sign in as {me?.email}.</Text>
          <PasswordInput label="Password" autoComplete="current-password" value={password} error={refused} data-autofocus
            onChange={(event) => { setPassword(event.currentTarget.value); }} />
          <Button type="submit" loading={busy}>Sign in</Button>
        </Stack>
      </form>
    </Modal>
  );
}
