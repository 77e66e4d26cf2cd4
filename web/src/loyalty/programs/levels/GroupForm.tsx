import { NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, Section, useAppForm } from '@/kit';
import type { LevelGroup, PointType, Program } from '../model';
import { Effect } from './Effect';
import { bodyOf, check, valuesOf, type GroupValues } from './form';
import { LevelRows } from './LevelRows';

const reviews = [
  { value: 'none', label: 'Never' }, { value: 'dates', label: 'On days of the year' }, { value: 'join', label: 'Every so many months after joining' }, { value: 'level', label: 'Every so many months after the level was reached' },
];
const downs = [{ value: 'none', label: 'nobody moves down' }, { value: 'one_step', label: 'one level down' }, { value: 'to_earned', label: 'down to the level the points reach' }];
const modes = [{ value: 'cumulative', label: 'All points since counting began' }, { value: 'period', label: 'Points since the last review' }];
const resets = [{ value: 'none', label: 'Never' }, { value: 'at_review', label: 'At every review' }, { value: 'date', label: 'On a day of the year' }, { value: 'on_upgrade', label: 'Whenever a level is reached' }];
const paths = { point_type_id: 'point_type', 'review/months': 'months', 'review/dates': 'dates', 'review/kind': 'review', 'reset/when': 'reset', 'reset/date': 'reset_date' };

interface GroupFormProps { program: Program; group: LevelGroup | undefined; points: readonly PointType[]; onClose: () => void }

/** The levels of a group and how members move between them; says whom a change would move. */
export function GroupForm({ program, group, points, onClose }: GroupFormProps) {
  const form = useAppForm<GroupValues>({ initialValues: valuesOf(group, points[0] ? String(points[0].id) : null), check, paths });
  const f = form.form, v = f.values;
  const save = useAction({
    refresh: [['programs'], ['members']],
    run: (values: GroupValues, { headers }) => {
      const body = bodyOf(values);
      return group
        ? ok(api.PATCH('/api/v1/loyalty/programs/{program_id}/level-groups/{group_id}', { params: { path: { program_id: program.id, group_id: group.id } }, body }))
        : ok(api.POST('/api/v1/loyalty/programs/{program_id}/level-groups', { params: { path: { program_id: program.id } }, body, headers }));
    },
    onDone: () => { doneToast('Levels saved'); onClose(); },
  });
  const reviewed = v.review !== 'none';
  return (
    <AppForm state={form} mode="create" saveLabel={group ? 'Save levels' : 'Add levels'} onCancel={onClose} onSave={(values) => save.mutateAsync(values)}>
      <Section title="Levels" text="From the lowest up.">
        <Stack gap="md">
          <TextInput label="Name of the group" {...f.getInputProps('name')} />
          <LevelRows form={f} />
          <Switch label={`Members begin on ${v.levels[0]?.name || 'the lowest level'}`} description="Otherwise they are on no level until they have its points" {...f.getInputProps('entry', { type: 'checkbox' })} />
          {group && <Effect program={program} group={group} values={v} />}
        </Stack>
      </Section>
      <Section title="What counts">
        <Stack gap="sm">
          <Select label="Points" description="Qualification points decide; those that wait to become usable do not count yet" allowDeselect={false} data={points.map((kind) => ({ value: String(kind.id), label: kind.name }))} {...f.getInputProps('point_type')} />
          <Select label="Counted are" allowDeselect={false} data={modes} {...f.getInputProps('mode')} />
          <Select label="Members move up" allowDeselect={false} data={[{ value: 'immediate', label: 'as soon as they have the points' }, { value: 'at_review', label: 'when their level is reviewed' }]} {...f.getInputProps('upgrade')} />
        </Stack>
      </Section>
      <Section title="Review" text="Then it is looked at whether a member still has the points for the level.">
        <Stack gap="sm">
          <Select label="Levels are reviewed" allowDeselect={false} data={reviews} {...f.getInputProps('review')} />
          {v.review === 'dates' && <TextInput label="Days" description="Month and day, several by comma" {...f.getInputProps('dates')} />}
          {(v.review === 'join' || v.review === 'level') && <NumberInput label="Months" min={1} max={120} w={160} {...f.getInputProps('months')} />}
          {reviewed && <Select label="Who has too few points moves" allowDeselect={false} data={downs} {...f.getInputProps('downgrade')} />}
          {reviewed && v.downgrade !== 'none' && <NumberInput label="Days to catch up" description="Before a member moves down; 0: at once" min={0} max={3650} w={220} {...f.getInputProps('grace_days')} />}
        </Stack>
      </Section>
      {v.mode === 'cumulative' && (
        <Section title="Counting anew" text="The level stays; the points for the next one are counted from then on.">
          <Stack gap="sm">
            <Select label="Counting begins anew" allowDeselect={false} data={resets} {...f.getInputProps('reset')} />
            {v.reset === 'date' && <TextInput label="Day" description="Month and day, like 01-01" w={220} {...f.getInputProps('reset_date')} />}
            {v.reset !== 'none' && <Select label="From" allowDeselect={false} data={[{ value: 'to_zero', label: 'zero' }, { value: 'subtract_threshold', label: 'what is left beyond the points of the level' }]} {...f.getInputProps('how')} />}
          </Stack>
        </Section>
      )}
    </AppForm>
  );
}
