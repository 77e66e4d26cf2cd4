import { Textarea, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, TagsField, useAppForm } from '@/kit';
import type { SegmentDetail } from './model';
import { useSegmentTags } from './tagging';

interface Values extends Record<string, unknown> { name: string; description: string; tags: string[] }

/** What a segment is called and how it is found again; its rules and people stay as they are. */
export function DetailsForm({ segment, onClose }: { segment: SegmentDetail; onClose: () => void }) {
  const tags = useSegmentTags(segment.database_id);
  const form = useAppForm<Values>({
    initialValues: { name: segment.name, description: segment.description, tags: [...segment.tags] },
    check: (v) => ({ name: v.name.trim() ? null : 'Enter a name for the segment' }),
  });
  const save = useAction({
    refresh: [['segments']],
    run: (v: Values) => {
      // only what was touched: somebody else's change of the rest stays
      const touched = { ...(form.form.isDirty('name') ? { name: v.name.trim() } : {}), ...(form.form.isDirty('description') ? { description: v.description.trim() } : {}), ...(form.form.isDirty('tags') ? { tags: v.tags } : {}) };
      return ok(api.PATCH('/api/v1/segments/{segment_id}', { params: { path: { segment_id: segment.id } }, body: touched }));
    },
    onDone: () => { doneToast('Segment saved'); onClose(); },
  });
  return (
    <AppForm state={form} mode="create" saveLabel="Save segment" onCancel={onClose} onSave={(v) => save.mutateAsync(v)}>
      <TextInput label="Name" {...form.form.getInputProps('name')} />
      <Textarea label="Description" autosize minRows={2} {...form.form.getInputProps('description')} />
      <TagsField description="Words to find it by, up to 20" known={tags.map((t) => t.name)} value={form.form.values.tags} error={form.form.errors.tags} onChange={(names) => { form.form.setFieldValue('tags', names); }} />
    </AppForm>
  );
}
