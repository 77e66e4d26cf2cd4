import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Copyable } from '@/kit';

/** A password or token that is shown this once. */
export function Secret({ what, value, onStored }: { what: string; value: string | null; onStored: () => void }) {
  return (
    <Stack gap="md">
      <Alert color="marigold" icon={<IconKey size={18} />} title={value === null ? `The ${what} was shown before` : `Store this ${what} now`}>
        {value === null ? 'It is kept nowhere and cannot be shown again. Make a new one.' : 'It is kept nowhere in Fidelia and cannot be shown again.'}
      </Alert>
      {value !== null && <Text size="md"><Copyable value={value} label={`Copy the ${what}`} /></Text>}
      <Group><Button onClick={onStored}>{value === null ? 'Close' : 'I stored it'}</Button></Group>
    </Stack>
  );
}
