import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { toProblem } from '@/api/problem';
import { ButtonLink, NoRight, Page, PanelError, paths } from '@/kit';

/** A page that fell over or could not be loaded; the shell around it lives on. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title={toProblem(error).status === 0 ? 'No connection' : 'This page cannot be shown'}>
      <PanelError error={error} what="this page" onRetry={again} />
    </Page>
  );
}

export function NotFoundPage() {
  const router = useRouter();
  return (
    <Page title="Nothing is here">
      <Stack gap="sm" align="flex-start">
        <Text c="dimmed">This address leads nowhere: it was mistyped, or what stood here was removed.</Text>
        <Group gap="xs">
          <ButtonLink href={paths.home()}>Go home</ButtonLink>
          <Button variant="default" onClick={() => { router.history.back(); }}>Go back</Button>
        </Group>
      </Stack>
    </Page>
  );
}

/** A place whose right is missing: says which, and who grants it. */
export function NoRightPage({ title, right }: { title: string; right: string }) {
  return <Page title={title}><NoRight what={`open ${title}`} right={right} /></Page>;
}

/** While the application itself starts. */
export function Starting() {
  return <Title order={1} size="h4" p="xl">Starting…</Title>;
}
