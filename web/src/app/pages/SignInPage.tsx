import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { toProblem } from '@/api/problem';
import { signIn } from '@/api/session';
import { useGo, Wordmark } from '@/kit';

/** E-mail and password. A refusal never says which half was wrong. */
export function SignInPage() {
  const search: { next?: string } = useSearch({ strict: false });
  const client = useQueryClient();
  const router = useRouter();
  const go = useGo();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => { document.title = 'Sign in – Fidelia'; }, []);

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    try {
      await signIn(client, email.trim(), password);
      await router.invalidate();
      go(search.next ?? '/', { replace: true });
    } catch (error) {
      const problem = toProblem(error);
      setRefused(problem.status === 422 ? 'Enter your e-mail address and your password' : problem.detail || problem.title);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw={380} gap="lg">
        <Wordmark size={26} />
        <Paper p="lg">
          <form onSubmit={(event) => void submit(event)} noValidate>
            <Stack gap="md">
              <Title order={1} size="h2">Sign in</Title>
              {refused && <Alert color="clay" role="alert">{refused}</Alert>}
              <TextInput label="E-mail" type="email" autoComplete="username" value={email} onChange={(event) => { setEmail(event.currentTarget.value); }} autoFocus />
              <PasswordInput label="Password" autoComplete="current-password" value={password} onChange={(event) => { setPassword(event.currentTarget.value); }}
                visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }} />
              <Button type="submit" loading={busy} fullWidth>Sign in</Button>
            </Stack>
          </form>
        </Paper>
        <Text size="xs" c="dimmed">Forgot the password? An owner can set a new one under Settings, Users, or on the server with <code>fidelia user set-password</code>.</Text>
      </Stack>
    </Center>
  );
}
