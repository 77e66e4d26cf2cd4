import { Autocomplete, Select, Stack } from '@mantine/core';
import { choiceOf, useEventTypes, writeWhere, type EventTrigger } from './model';
import { WhereRows } from './WhereRows';

/** Which event, and only those that meet a filter. */
export function EventFields({ databaseId, trigger, onChange }: { databaseId: number; trigger: EventTrigger; onChange: (trigger: EventTrigger) => void }) {
  const types = useEventTypes(databaseId) ?? [];
  const choice = choiceOf(trigger);
  const offered = types.filter((type) => choice?.fits(type.name));
  const known = types.find((type) => type.name === trigger.type);
  const pick = (type: string) => { onChange({ ...trigger, type, where: type.split('.')[0] === trigger.type.split('.')[0] ? trigger.where ?? null : null }); };
  return (
    <Stack gap="sm">
      {choice?.key === 'event' || !choice ? (
        <Autocomplete label="Event" placeholder="custom.purchase" description={known ? known.label : 'The name it is sent with; one that has not come yet may be typed'} data={offered.map((type) => type.name)} value={trigger.type} onChange={pick} />
      ) : (
        <Select label="What happens" allowDeselect={false} data={offered.length > 0 ? offered.map((type) => ({ value: type.name, label: type.label })) : [trigger.type]} value={trigger.type} onChange={(type) => { if (type) pick(type); }} />
      )}
      <WhereRows databaseId={databaseId} type={known} where={trigger.where} onChange={(rows) => { onChange({ ...trigger, where: writeWhere(rows) ?? null }); }} />
    </Stack>
  );
}
