import { Radio, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { audiences, type Audience } from './model';

interface AudienceFieldsProps {
  databaseId: number;
  audience: Audience;
  segment: string | null;
  error?: string | undefined;
  onAudience: (audience: Audience) => void;
  onSegment: (id: string | null) => void;
}

/** Who the members are: everybody, a segment that keeps a list, or only who is added. */
export function AudienceFields({ databaseId, audience, segment, error, onAudience, onSegment }: AudienceFieldsProps) {
  const lists = useQuery({
    queryKey: ['segments', 'choice', databaseId, 'kept'], enabled: audience === 'segment',
    queryFn: ({ signal }) => ok(api.GET('/api/v1/segments', { params: { query: { database: databaseId, limit: 1000, sort: 'name' } }, signal })),
  }).data?.items ?? [];
  return (
    <Stack gap="sm">
      <Radio.Group label="Members are" value={audience} onChange={(value) => { const found = audiences.find((a) => a.value === value); if (found) onAudience(found.value); }}>
        <Stack gap={6} mt={4}>{audiences.map((a) => <Radio key={a.value} value={a.value} label={a.label} description={a.text} />)}</Stack>
      </Radio.Group>
      {audience === 'segment' && (
        <Select label="Segment" description="A static or an updatable one: a dynamic one keeps no list" data-path="segment" searchable error={error} value={segment} onChange={onSegment}
          data={lists.filter((s) => s.type !== 'dynamic').map((s) => ({ value: String(s.id), label: s.name }))} />
      )}
    </Stack>
  );
}
