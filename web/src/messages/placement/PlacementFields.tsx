import { Checkbox, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { AppLink, paths, Section } from '@/kit';
import { refreshes, refreshWords, showsWords, type PlacementValues, type Slot } from './model';

type Input = (path: string, options?: { type: 'checkbox' }) => GetInputPropsReturnType;

/** Where it is shown: one of the slots of the site. */
export function SlotField({ slots, value, input }: { slots: readonly Slot[]; value: string | null; input: Input }) {
  const slot = slots.find((s) => String(s.id) === value);
  return (
    <Section title="Where">
      <Select label="Slot" placeholder={slots.length === 0 ? 'There is no slot yet' : 'Choose a place on your site'} searchable clearable data={slots.map((s) => ({ value: String(s.id), label: s.name }))} {...input('placement.slot_id')}
        description={<>{slot ? `${slot.key}${slot.width ? ` · ${slot.width} pixels wide` : ''}${slot.live > 0 ? ` · ${slot.live} live now` : ''} · ` : ''}<AppLink href={paths.slots()}>{slots.length === 0 ? 'Make a slot' : 'Slots'}</AppLink></>} />
    </Section>
  );
}

/** When it is shown, to how many times, and what comes first. */
export function RuleFields({ values, zone, input }: { values: PlacementValues; zone: string; input: Input }) {
  const every = refreshes.some((r) => r.value === values.refresh_minutes) ? refreshes : [...refreshes, { value: values.refresh_minutes, label: refreshWords(values.refresh_minutes) }];
  return (
    <>
      <Section title="When">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          <TextInput label="Starts at" type="datetime-local" description="Empty: when you press Start" {...input('send_at')} />
          <TextInput label="Ends at" type="datetime-local" description="Empty: until you withdraw it" {...input('placement.ends_at')} />
        </SimpleGrid>
        <Text size="xs" c="dimmed">In your own time zone; the days of the database are in {zone}.</Text>
        <Select label="Who is in the audience is looked at" description="With a segment by rules, people join and leave as often as this" allowDeselect={false} data={every.map((r) => ({ ...r }))} {...input('placement.refresh_minutes')} />
      </Section>
      <Section title="How often">
        <Stack gap="sm">
          <NumberInput label="Times one person sees it, at most" description="Empty: each time they come" min={1} max={1000} allowDecimal={false} styles={{ wrapper: { maxWidth: 320 } }} {...input('placement.max_shows')} />
          <Checkbox label="Not any more after a click on one of its links" {...input('placement.until_clicked', { type: 'checkbox' })} />
          <Checkbox label="With a button to close it" description="Who has closed it does not see it any more" {...input('placement.closable', { type: 'checkbox' })} />
          <Text size="sm">{showsWords(values)}</Text>
        </Stack>
        <NumberInput label="Priority" description="Of several placements in one slot, people see the one with the highest; of equal ones the one they have seen least" min={0} max={100} allowDecimal={false} styles={{ wrapper: { maxWidth: 320 } }} {...input('placement.priority')} />
      </Section>
    </>
  );
}
