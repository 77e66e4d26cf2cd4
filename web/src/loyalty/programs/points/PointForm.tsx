import { Group, NumberInput, Radio, Select, Stack, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, Section, useAppForm } from '@/kit';
import type { PointType, Program } from '../model';
import { Example } from './Example';
import { bodyOf, check, expiryOf, iso, valuesOf, type PointValues } from './form';

const spans = [{ value: 'TH', label: 'hours' }, { value: 'D', label: 'days' }, { value: 'W', label: 'weeks' }, { value: 'M', label: 'months' }, { value: 'Y', label: 'years' }];
const long = spans.slice(1);
const expiries: { value: PointValues['expiry']; label: string }[] = [
  { value: 'never', label: 'Never' }, { value: 'after', label: 'After a while' }, { value: 'end_of', label: 'At the end of a month, quarter or year' }, { value: 'fixed', label: 'On a day of the year' },
];
const roundings = [{ value: 'down', label: 'down' }, { value: 'half_up', label: 'to the nearest' }, { value: 'up', label: 'up' }];
const paths = { 'expiry/period': 'period', 'expiry/on': 'on', 'expiry/unit': 'unit' };

/** A kind of points, with an example that follows what is typed. */
export function PointForm({ program, kind, onClose }: { program: Program; kind: PointType | undefined; onClose: () => void }) {
  const form = useAppForm<PointValues>({ initialValues: valuesOf(kind), check, paths });
  const f = form.form, v = f.values;
  const save = useAction({
    refresh: [['programs']],
    run: (values: PointValues, { headers }) => (kind
      ? ok(api.PATCH('/api/v1/loyalty/programs/{program_id}/points/{point_type_id}', { params: { path: { program_id: program.id, point_type_id: kind.id } }, body: bodyOf(values) }))
      : ok(api.POST('/api/v1/loyalty/programs/{program_id}/points', { params: { path: { program_id: program.id } }, body: { ...bodyOf(values), kind: values.kind, key: values.key.trim() || null }, headers }))),
    onDone: () => { doneToast('Points saved'); onClose(); },
  });
  return (
    <AppForm state={form} mode="create" saveLabel={kind ? 'Save points' : 'Add points'} onCancel={onClose} onSave={(values) => save.mutateAsync(values)}>
      <Section title="What they are">
        <Stack gap="sm">
          {!kind && (
            <Radio.Group label="Kind" {...f.getInputProps('kind')}>
              <Stack gap={6} mt={4}><Radio value="standard" label="Standard" description="Earned and spent" /><Radio value="qualification" label="Qualification" description="Never spent; they decide the level" /></Stack>
            </Radio.Group>
          )}
          <TextInput label="Name" description="As members read it: stars, miles" {...f.getInputProps('name')} />
          {!kind && <TextInput label="Key" description="How rules, templates and the API name them; made of the name if empty" {...f.getInputProps('key')} />}
          <Group align="flex-end" gap="sm">
            <Select label="Decimal places" description={kind ? 'Can only become more' : undefined} allowDeselect={false} w={150} data={['0', '1', '2', '3', '4']} {...f.getInputProps('places')} />
            <Select label="Round amounts" allowDeselect={false} w={150} data={roundings} {...f.getInputProps('rounding')} />
          </Group>
          <Group align="flex-start" gap="sm" wrap="nowrap">
            <TextInput label="One is worth" description="In money; empty: nothing" inputMode="decimal" style={{ flex: 1 }} {...f.getInputProps('ratio')} />
            <TextInput label="Currency" description="Three letters" w={120} maxLength={3} {...f.getInputProps('ratio_currency')} onChange={(e) => { f.setFieldValue('ratio_currency', e.currentTarget.value.toUpperCase()); }} />
          </Group>
          <TextInput label="Members begin with" description="Credited to everybody who joins" inputMode="decimal" w={220} {...f.getInputProps('initial')} />
        </Stack>
      </Section>
      <Section title={v.kind === 'standard' ? 'From when to when they can be spent' : 'From when to when they are there'}>
        <Stack gap="sm">
          <Group align="flex-end" gap="sm" wrap="nowrap">
            <NumberInput label="Usable after" description="Empty: at once" min={0} w={160} {...f.getInputProps('delay')} />
            <Select aria-label="Unit of the wait" allowDeselect={false} w={130} data={spans} {...f.getInputProps('delay_unit')} />
          </Group>
          <Select label="They lapse" allowDeselect={false} data={expiries} {...f.getInputProps('expiry')} />
          {v.expiry === 'fixed' && <TextInput label="Day" description="12-31 every year, or once 2027-12-31" w={220} {...f.getInputProps('on')} />}
          {v.expiry === 'end_of' && <Select label="At the end of the" allowDeselect={false} w={220} data={[{ value: 'month', label: 'month' }, { value: 'quarter', label: 'quarter' }, { value: 'year', label: 'year' }]} {...f.getInputProps('unit')} />}
          {(v.expiry === 'after' || v.expiry === 'end_of') && (
            <Group align="flex-end" gap="sm" wrap="nowrap">
              <NumberInput label={v.expiry === 'after' ? 'After' : 'But not before'} description={v.expiry === 'after' ? undefined : 'Empty: the one they are earned in'} min={0} w={160} {...f.getInputProps('period')} />
              <Select aria-label="Unit of the time until they lapse" allowDeselect={false} w={130} data={v.expiry === 'after' ? spans : long} {...f.getInputProps('period_unit')} />
            </Group>
          )}
          <Example program={program} kind={v.kind} delay={iso(v.delay, v.delay_unit)} expiry={expiryOf(v)} />
        </Stack>
      </Section>
      <Section title="At most" text="Leave empty for no limit.">
        <Group gap="sm" align="flex-start">
          <TextInput label="At a time" inputMode="decimal" w={180} {...f.getInputProps('max_accrual')} />
          <TextInput label="In all" description="What is more is not credited" inputMode="decimal" w={220} {...f.getInputProps('max_balance')} />
        </Group>
      </Section>
    </AppForm>
  );
}
