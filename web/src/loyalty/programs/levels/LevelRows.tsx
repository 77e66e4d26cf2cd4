import { ActionIcon, Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { AppFormState } from '@/kit';
import { newLevel, type GroupValues } from './form';

/** The levels from the lowest up: a name, how many points it takes, what members get. */
export function LevelRows({ form }: { form: AppFormState<GroupValues>['form'] }) {
  const { levels } = form.values;
  return (
    <Stack gap="md">
      {levels.map((level, i) => (
        <Group key={level.id} align="flex-start" gap="sm" wrap="nowrap" role="group" aria-label={level.name || `Level ${i + 1}`}>
          <Stack gap={6} style={{ flex: 1, minWidth: 0 }}>
            <Group gap="sm" align="flex-start" grow preventGrowOverflow={false} wrap="wrap">
              <TextInput label="Level" {...form.getInputProps(`levels.${i}.name`)} />
              <TextInput label="From points" inputMode="decimal" {...form.getInputProps(`levels.${i}.threshold`)} />
            </Group>
            <Textarea label="What members get" description={i === 0 ? 'A line for each; shown on cards and in messages' : undefined} autosize minRows={1} {...form.getInputProps(`levels.${i}.benefits`)} />
          </Stack>
          {levels.length > 1 && <ActionIcon variant="subtle" color="gray" mt={26} aria-label={`Take ${level.name || 'this level'} away`} onClick={() => { form.removeListItem('levels', i); }}><IconX size={16} /></ActionIcon>}
        </Group>
      ))}
      <div><Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => { form.insertListItem('levels', newLevel()); }}>Add a higher level</Button></div>
    </Stack>
  );
}
