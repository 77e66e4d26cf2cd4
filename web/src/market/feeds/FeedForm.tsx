import { Checkbox, NumberInput, Radio, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, formatNumber, Section, useAppForm } from '@/kit';
import { ScheduleFields } from '@/segments/ScheduleFields';
import { LookPanel } from './LookPanel';
import { bodyOf, check, sourceOf, valuesOf, whenWords, ZONE, type Feed, type Values, type When } from './model';
import { SourceFields } from './SourceFields';

const hours = [1, 2, 3, 4, 6, 8, 12];

function WhenFields({ when, onChange, errors }: { when: When | null; onChange: (when: When | null) => void; errors: ReadonlyMap<string, string> }) {
  return (
    <ScheduleFields schedule={when} zone={ZONE} onChange={onChange} errors={errors} label="Load on a schedule" words={whenWords(when)}
      more={when && <Select label="Again" description="From that time until the day ends" allowDeselect={false} value={String(when.every_hours ?? '')} onChange={(value) => { onChange({ ...when, every_hours: value ? Number(value) : null }); }}
        data={[{ value: '', label: 'Once a day' }, ...hours.map((h) => ({ value: String(h), label: h === 1 ? 'Every hour' : `Every ${formatNumber(h)} hours` }))]} />} />
  );
}

/** Makes a feed, or changes one. */
export function FeedForm({ feed, onSaved, onCancel }: { feed?: Feed; onSaved: (saved: Feed) => void; onCancel?: () => void }) {
  const state = useAppForm<Values>({ initialValues: valuesOf(feed ?? null), check });
  const { form } = state;
  const values = form.values;
  const errors = new Map(state.fixes.map((fix) => [`/${fix.path.replaceAll('.', '/')}`, fix.message]));
  const look = useAction({
    run: (v: Values) => ok(api.POST('/api/v1/market/feeds/preview', {
      body: { source: sourceOf(v.source), mapping: v.mapping, currency: v.currency.trim().toUpperCase() || null, ...(v.secret ? { secret: v.secret } : {}), ...(v.file ? { file: v.file } : {}), ...(feed ? { feed: feed.id } : {}) },
    })),
  });
  const save = useAction({
    refresh: [['market-feeds']],
    run: (v: Values, { headers }) => (feed
      ? ok(api.PATCH('/api/v1/market/feeds/{feed_id}', { params: { path: { feed_id: feed.id } }, body: { ...bodyOf(v), version: feed.version } }))
      : ok(api.POST('/api/v1/market/feeds', { body: bodyOf(v), headers }))),
  });
  return (
    <AppForm state={state} mode={feed ? 'edit' : 'create'} saveLabel={feed ? 'Save feed' : 'Create feed'} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }} {...(onCancel ? { onCancel } : {})}>
      <Section><TextInput label="Name" placeholder="Offers of the shop" maw={420} {...form.getInputProps('name')} /></Section>
      <SourceFields state={state} stored={feed?.secret_set ?? false} />
      <LookPanel look={look} onLook={() => { look.mutate(values); }} mapping={values.mapping} onMapping={(mapping) => { form.setFieldValue('mapping', mapping); }} />
      <Section title="What is done with the offers">
        <Stack gap="md">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Select label="Load" allowDeselect={false} {...form.getInputProps('mode')} data={[{ value: 'upsert', label: 'New and known products' }, { value: 'add', label: 'Only new products' }, { value: 'update', label: 'Only known products' }]} />
            <Select label="Offers are" allowDeselect={false} {...form.getInputProps('entity')} data={[{ value: 'products', label: 'Products, and SKUs where they have a group' }, { value: 'skus', label: 'SKUs of products that are there' }]} />
            <Select label="Categories" allowDeselect={false} {...form.getInputProps('categories')} data={[{ value: 'add', label: 'Add new ones, leave the others' }, { value: 'overwrite', label: 'Names and places follow the feed' }, { value: 'ignore', label: 'Leave the tree alone' }]} />
            <TextInput label="Currency of prices that name none" placeholder="EUR" maxLength={3} {...form.getInputProps('currency')} />
          </SimpleGrid>
          <Radio.Group label="What offers tell and no field is there for" {...form.getInputProps('unknown')}>
            <Stack gap={6} mt={6}>
              <Radio value="keep" label="Is kept as it is" />
              <Radio value="create" label="Gets a field of its own, for texts" />
              <Radio value="ignore" label="Is left out" />
              <Radio value="refuse" label="Stops the run, which says what it was" />
            </Stack>
          </Radio.Group>
        </Stack>
      </Section>
      {values.source.kind === 'url' && (
        <Section title="When">
          <Stack gap="sm" maw={420}>
            <WhenFields when={values.schedule} errors={errors} onChange={(schedule) => { form.setFieldValue('schedule', schedule); }} />
            <Checkbox label="Skip a run when the feed has not changed since it was loaded last" {...form.getInputProps('skip_unchanged', { type: 'checkbox' })} />
            <NumberInput label="Give up after" description="Then it switches itself off and says so" suffix=" failures in a row" min={1} max={100} allowDecimal={false} maw={280} {...form.getInputProps('stop_after')} />
          </Stack>
        </Section>
      )}
    </AppForm>
  );
}
