import { Button, Group, Paper, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, failToast, formatCount, JobProgress, Loaded, paths } from '@/kit';
import type { Segment } from '@/segments/model';
import css from './campaigns.module.css';

const MOST = 200;

/** Why a segment that is no list of its own cannot carry a campaign. */
const whyNot: Readonly<Record<Exclude<Segment['type'], 'static'>, string>> = {
  dynamic: 'Dynamic: worked out anew each time, so a split would not hold',
  updatable: 'Updatable: refilled by its rules, which would undo the split',
};

function useLists(databaseId: number, q: string) {
  return useQuery({
    queryKey: ['segments', 'choice', databaseId, 'by-name', q], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: databaseId, limit: MOST, sort: 'name', ...(q ? { q } : {}) } }, signal })),
  });
}

function Fixed({ segment }: { segment: Segment }) {
  return (
    <Radio.Card value={String(segment.id)} className={css.choice ?? ''} aria-label={`${segment.name}, ${segment.size === null ? 'not counted yet' : formatCount(segment.size, 'person', 'people')}`}>
      <Group gap="sm" wrap="nowrap">
        <Radio.Indicator />
        <div className={css.grow}><Text fw={550}>{segment.name}</Text>{segment.description && <Text size="xs" c="dimmed" lineClamp={1}>{segment.description}</Text>}</div>
        <Text size="xs" c="dimmed" className="fd-num" style={{ whiteSpace: 'nowrap' }}>{segment.size === null ? 'being filled' : formatCount(segment.size, 'person', 'people')}</Text>
      </Group>
    </Radio.Card>
  );
}

function Moving({ segment, onSave, busy }: { segment: Segment; onSave: (() => void) | undefined; busy: boolean }) {
  const type = segment.type === 'static' ? 'dynamic' : segment.type;
  return (
    <li className={css.greyed}>
      <div className={css.grow}><Text c="dimmed">{segment.name}</Text><Text size="xs" c="dimmed">{whyNot[type]}</Text></div>
      {onSave && <Button size="compact-sm" variant="default" loading={busy} onClick={onSave} aria-label={`Save as static: ${segment.name}`}>Save as static</Button>}
    </li>
  );
}

export interface SegmentChoiceProps {
  databaseId: number;
  value: string | null;
  onChange: (id: string) => void;
  error?: string | undefined;
}

/** The list a campaign is for: static ones to choose, all others with why they cannot be, and a copy that can. */
export function SegmentChoice({ databaseId, value, onChange, error }: SegmentChoiceProps) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const [jobId, setJobId] = useState<string | null>(null);
  const canCreate = useCan('segments:create');
  const query = useLists(databaseId, q);
  const copy = useAction({
    refresh: [['segments']],
    run: (from: Segment, { headers }) => ok(api.POST('/api/v1/segments/static', { body: { name: `${from.name} (list)`, segment: from.id }, headers })),
    onDone: (made) => { setTyped(''); setJobId(made.job?.id ?? null); onChange(String(made.segment.id)); },
  });
  return (
    <Stack gap="sm">
      <TextInput label="Find a list" data-path="segment" leftSection={<IconSearch size={16} aria-hidden="true" />} error={error} value={typed} onChange={(event) => { setTyped(event.currentTarget.value); }} />
      {jobId && <Paper p="sm"><JobProgress id={jobId} onEnd={() => { void query.refetch(); }} /></Paper>}
      <Loaded query={query} what="the segments">
        {({ items, total }) => {
          const fixed = items.filter((s) => s.type === 'static'), moving = items.filter((s) => s.type !== 'static');
          return (
            <div className={css.choices} tabIndex={0} role="group" aria-label="Segments of this database">
              <Radio.Group aria-label="The list" value={value} onChange={onChange}>
                <Stack gap={6}>{fixed.map((s) => <Fixed key={s.id} segment={s} />)}</Stack>
              </Radio.Group>
              {items.length === 0 && <Text c="dimmed">{q ? `No segment is called “${q}”.` : <>There is no segment yet. <AppLink href={`${paths.segmentNew()}?type=static`}>Make a list of people</AppLink> first.</>}</Text>}
              {items.length > 0 && fixed.length === 0 && <Text>{q ? 'No list of that name.' : 'There is no static list yet.'} Save one of these as static: a copy of who is in it now.</Text>}
              {moving.length > 0 && (
                <ul className={css.plain} aria-label="Segments that cannot be chosen as they are">
                  {moving.map((s) => <Moving key={s.id} segment={s} busy={copy.isPending && copy.variables.id === s.id} onSave={canCreate ? () => { copy.mutate(s, { onError: failToast }); } : undefined} />)}
                </ul>
              )}
              {typeof total === 'number' && total > items.length && <Text size="xs" c="dimmed">The first {items.length} of {total}. Search to find the others.</Text>}
            </div>
          );
        }}
      </Loaded>
    </Stack>
  );
}
