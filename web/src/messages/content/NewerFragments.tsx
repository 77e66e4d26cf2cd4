import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppLink, doneToast, failToast, paths } from '@/kit';
import type { Template } from '../model';

/** Says which fragments were changed since the template was published, and sends it with the newest ones. */
export function NewerFragments({ template, canUpdate }: { template: Template; canUpdate: boolean }) {
  const update = useAction({
    refresh: [['templates'], ['fragments']],
    run: (_: null, { headers }) => ok(api.POST('/api/v1/templates/{template_id}/update-fragments', { params: { path: { template_id: template.id } }, headers })),
    onDone: (made) => { doneToast(`Version ${made.published_number ?? 1} is sent from now on`); },
  });
  if (template.newer_fragments.length === 0) return null;
  return (
    <Alert color="marigold" title={template.newer_fragments.length === 1 ? 'A fragment was changed since' : 'Fragments were changed since'}>
      <Stack gap="xs">
        {template.newer_fragments.map((f) => (
          <Text key={f.key} size="sm">A newer version of <AppLink href={paths.fragment(f.fragment_id)}>{f.name}</AppLink> exists: version {f.newest}. Mailings send this template with version {f.published}.</Text>
        ))}
        {canUpdate && (
          <Group gap="xs">
            <Button size="xs" loading={update.isPending} onClick={() => { update.mutate(null, { onError: failToast }); }}>Send it with the newest</Button>
            <Text size="xs" c="dimmed">Your draft stays a draft; mailings under way keep what they began with.</Text>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
