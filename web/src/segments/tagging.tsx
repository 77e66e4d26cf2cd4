import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconTags } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { doneToast, formatCount, paths, TagsField, type BulkAction, type FilterDef } from '@/kit';

/** The tags that segments carry, with how many carry each. */
export function useSegmentTags(databaseId: number | undefined) {
  return useQuery({
    queryKey: ['segments', 'tags', databaseId], staleTime: 30_000,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/tags', { params: { query: databaseId === undefined ? {} : { database: databaseId } }, signal })),
  }).data?.items ?? [];
}

export const tagHref = (tag: string): string => `${paths.segments()}?filter=${encodeURIComponent(JSON.stringify({ tag: [tag] }))}`;

/** The filter of a list by tag; one that nothing carries any more still stands in the address. */
export function tagFilter(tags: readonly { name: string; count: number }[], chosen: readonly string[] = []): FilterDef[] {
  const options = tags.map((t) => ({ value: t.name, label: t.name, count: t.count }));
  const gone = chosen.filter((name) => !tags.some((t) => t.name === name)).map((name) => ({ value: name, label: name, count: 0 }));
  return options.length + gone.length === 0 ? [] : [{ key: 'tag', label: 'Tag', multiple: true, options: [...options, ...gone] }];
}

interface Asked { ids: number[]; end: (done: boolean) => void }

function TagDialog({ asked, known }: { asked: Asked; known: readonly string[] }) {
  const [add, setAdd] = useState<string[]>([]), [remove, setRemove] = useState<string[]>([]);
  const [wrong, setWrong] = useState<string | null>(null);
  const change = useAction({
    refresh: [['segments']], run: (body: { ids: number[]; add: string[]; remove: string[] }, { headers }) => ok(api.POST('/api/v1/segments/tags', { body, headers })),
    onDone: ({ changed }) => { doneToast(changed === 0 ? 'They were tagged so already' : `${formatCount(changed, 'segment', 'segments')} changed`); asked.end(true); },
  });
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    if (add.length + remove.length === 0) { setWrong('Name a tag to add or to remove'); return; }
    change.mutate({ ids: asked.ids, add, remove }, { onError: (error) => { const problem = toProblem(error); setWrong(problem.errors[0]?.message ?? (problem.detail || problem.title)); } });
  };
  return (
    <Modal opened onClose={() => { asked.end(false); }} title={`Tag ${formatCount(asked.ids.length, 'segment', 'segments')}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form noValidate onSubmit={save}>
        <Stack gap="md">
          <TagsField label="Add" value={add} known={known} autoFocus onChange={(names) => { setAdd(names); setWrong(null); }} />
          <TagsField label="Remove" value={remove} known={known} onChange={(names) => { setRemove(names); setWrong(null); }} />
          {wrong && <Text c="error" role="alert">{wrong}</Text>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => { asked.end(false); }}>Cancel</Button>
            <Button type="submit" loading={change.isPending}>Change tags</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Tags of the selected segments: the action, and the dialog it opens. */
export function useTagging(known: readonly string[]) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const action: BulkAction = {
    label: (n) => `Tag ${n} ${n === '1' ? 'segment' : 'segments'}`, icon: <IconTags size={16} />, pageOnly: true,
    run: ({ ids }) => new Promise<boolean>((resolve) => { setAsked({ ids: ids.map(Number), end: (done) => { setAsked(null); resolve(done); } }); }),
  };
  return { action, dialog: asked && <TagDialog asked={asked} known={known} /> };
}
