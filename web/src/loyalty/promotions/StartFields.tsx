import { Select, Stack, Text } from '@mantine/core';
import { useEventTypes, type Definition } from './model';

const CALL = '';

/** What starts a trigger promotion: a call of the API, or something that happens. */
export function StartFields({ databaseId, definition, errors, change }: { databaseId: number; definition: Definition; errors: ReadonlyMap<string, string>; change: (part: Partial<Definition>) => void }) {
  const types = useEventTypes(databaseId).data ?? [];
  const known = types.map((type) => ({ value: type.name, label: type.label }));
  const event = definition.event ?? null;
  const data = [{ value: CALL, label: 'A call of the API' }, ...known, ...(event && !types.some((type) => type.name === event) ? [{ value: event, label: event }] : [])];
  return (
    <Stack gap={4}>
      <Select label="It starts with" data={data} searchable allowDeselect={false} value={event ?? CALL} error={errors.get('/event')} onChange={(value) => { change({ event: value ? value : null }); }} />
      <Text size="sm" c="dimmed">
        {event ? 'Once for each such event of a member, from the moment it is published. A call of the API starts it as well.' : 'Your site, till or app says for whom and when; the same reference again does nothing twice.'}
      </Text>
    </Stack>
  );
}
