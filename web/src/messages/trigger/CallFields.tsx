import { Code, Group, Stack, Text } from '@mantine/core';
import { CopyButton } from '@/kit';

/** How a program asks for the message. */
export function CallFields({ mailingId }: { mailingId: number }) {
  const body = '{"match":{"email":"anna@example.com"},"id":"order-4711","properties":{"total":"59.90"}}';
  const curl = `curl -X POST ${globalThis.location.origin}/api/v1/mailings/${mailingId}/trigger \\\n  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n  -d '${body}'`;
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap"><Text size="sm">A program calls this while the mailing is active. Each id counts once; the properties are event.total and so on in the message.</Text><CopyButton value={curl} label="Copy the call" /></Group>
      <Code block aria-label="Example of a call" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{curl}</Code>
    </Stack>
  );
}
