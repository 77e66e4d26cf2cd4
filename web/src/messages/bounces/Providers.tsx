import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { Copyable, Loaded, SideDrawer } from '@/kit';

function Addresses() {
  const query = useQuery({ queryKey: ['bounce-providers'], queryFn: ({ signal }) => ok(api.GET('/api/v1/messages/bounces/providers', { signal })) });
  return (
    <Loaded query={query} what="the addresses">
      {({ items }) => (
        <Stack gap="lg">
          <Text size="sm">Enter the address of your provider there as the webhook for bounces and complaints. Keep it to yourself. What is told counts only for mails that quote a mark of this installation.</Text>
          {items.map((provider) => (
            <Stack key={provider.key} gap={2}>
              <Text fw={600} size="sm">{provider.name}</Text>
              <Text size="sm" component="div"><Copyable value={provider.url} label={`Copy the address for ${provider.name}`} /></Text>
              {provider.key === 'amazon_ses' && <Text size="xs" c="dimmed">A subscription of the topic by HTTPS. Amazon asks first: its question appears in this list as “To look at”, with the address to open.</Text>}
            </Stack>
          ))}
        </Stack>
      )}
    </Loaded>
  );
}

/** Where delivery providers tell what came back. */
export function ProvidersDrawer() {
  return <SideDrawer name="providers" right="senders:update" title="Provider addresses">{() => <Addresses />}</SideDrawer>;
}
