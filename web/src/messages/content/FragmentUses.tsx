import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppLink, doneToast, failToast, formatCount, Loaded, paths, Section, SmallTable, ToneBadge } from '@/kit';
import type { Fragment } from './model';

/** The templates that name a fragment, and one click to send them with its newest version. */
export function FragmentUses({ fragment, canUpdate }: { fragment: Fragment; canUpdate: boolean }) {
  const path = { params: { path: { fragment_id: fragment.id } } };
  const query = useQuery({ queryKey: ['fragments', 'uses', fragment.id, fragment.version], queryFn: ({ signal }) => ok(api.GET('/api/v1/fragments/{fragment_id}/uses', { ...path, signal })) });
  const update = useAction({
    refresh: [['fragments'], ['templates']],
    run: (_: null, { headers }) => ok(api.POST('/api/v1/fragments/{fragment_id}/update-templates', { ...path, headers })),
    onDone: (made) => { const done = made.items.filter((item) => item.version !== null).length; if (done > 0) doneToast(`${formatCount(done, 'template is', 'templates are')} sent with version ${fragment.version}`); },
  });
  const kept = update.data?.items.filter((item) => item.reason !== null) ?? [];
  return (
    <Loaded query={query} what="where it is used">
      {(uses) => {
        const older = uses.templates.filter((t) => t.published !== null && t.published < fragment.version);
        return (
          <Section title="Used by">
            {uses.templates.length === 0 && <Text size="sm" c="dimmed">No template includes it yet.</Text>}
            {uses.templates.length > 0 && (
              <SmallTable label="Templates that include it" rows={uses.templates} rowKey={(t) => t.template_id} columns={[
                { key: 'name', header: 'Template', cell: (t) => <AppLink href={paths.template(t.template_id)}>{t.name}</AppLink> },
                { key: 'sent', header: 'Sent with', priority: 1, cell: (t) => (t.published === null ? <ToneBadge tone="gray">draft only</ToneBadge> : t.published < fragment.version ? <ToneBadge tone="marigold">version {t.published}</ToneBadge> : <ToneBadge tone="moss">version {t.published}</ToneBadge>) },
              ]} />
            )}
            {uses.fragments.length > 0 && <Text size="sm">Included by the fragments {uses.fragments.join(', ')}.</Text>}
            {older.length > 0 && canUpdate && (
              <Group gap="xs">
                <Button size="xs" loading={update.isPending} onClick={() => { update.mutate(null, { onError: failToast }); }}>Send {formatCount(older.length, 'template', 'templates')} with version {fragment.version}</Button>
                <Text size="xs" c="dimmed">Drafts stay drafts; mailings under way keep what they began with.</Text>
              </Group>
            )}
            {kept.length > 0 && <Stack gap={4} role="alert">{kept.map((item) => <Text key={item.template_id} size="sm" c="clay">{item.name} keeps its version: {item.reason}</Text>)}</Stack>}
          </Section>
        );
      }}
    </Loaded>
  );
}
