import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import type { components } from '@/api/schema';
import { Copyable, Time } from '@/kit';

/** The secret that signs requests, shown this once. */
export function NewSecret({ made, onStored }: { made: components['schemas']['HookSecret']; onStored: () => void }) {
  return (
    <Stack gap="md">
      <Alert color="marigold" icon={<IconKey size={18} />} title="Store this secret now">It is not shown again. The receiver checks with it that a request comes from here.</Alert>
      <Text size="md" style={{ overflowWrap: 'anywhere' }}><Copyable value={made.secret} label="Copy the secret" /></Text>
      {made.previous_until && <Text size="sm" c="dimmed">Requests are signed with the secret before as well until <Time value={made.previous_until} mode="absolute" />.</Text>}
      <Text size="sm" c="dimmed">Each request has the headers webhook-id, webhook-timestamp and webhook-signature of the Standard Webhooks scheme, for which there are libraries in most languages.</Text>
      <Group><Button onClick={onStored}>I stored it</Button></Group>
    </Stack>
  );
}
