import { Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { Section } from '@/kit';
import { kindWords, type Kind, type Meanings as Chosen, type Unknown } from './model';

interface Option { value: string; label: string }
const named = (items: readonly { id: number; name: string }[]): Option[] => items.map((item) => ({ value: String(item.id), label: item.name }));

/** What can be chosen for a kind; null where one types. */
function useOptions(kinds: ReadonlySet<Kind>): (kind: Kind) => Option[] | null {
  const databases = useDatabases() ?? [];
  const load = <T,>(key: string, kind: Kind, get: (signal: AbortSignal) => Promise<T>) => ({ queryKey: [key, 'named'], enabled: kinds.has(kind), queryFn: ({ signal }: { signal: AbortSignal }) => get(signal) });
  const resources = useQuery(load('resources', 'resources', (signal) => ok(api.GET('/api/v1/resources', { signal }))));
  const mailings = useQuery(load('mailings', 'mailings', (signal) => ok(api.GET('/api/v1/mailings', { params: { query: { limit: 1000 } }, signal }))));
  const templates = useQuery(load('templates', 'templates', (signal) => ok(api.GET('/api/v1/templates', { params: { query: { limit: 1000 } }, signal }))));
  const segments = useQuery(load('segments', 'segments', (signal) => ok(api.GET('/api/v1/segments', { params: { query: { limit: 1000 } }, signal }))));
  return (kind) => {
    switch (kind) {
      case 'databases': return named(databases);
      case 'resources': return named(resources.data?.items ?? []);
      case 'mailings': return named(mailings.data?.items ?? []);
      case 'templates': return named(templates.data?.items ?? []);
      case 'segments': return named(segments.data?.items ?? []);
      default: return null;
    }
  };
}

export interface MeaningsProps {
  unknown: readonly Unknown[];
  chosen: Chosen;
  onChange: (kind: Kind, theirs: string, ours: string) => void;
}

/** Their numbers and names, each with what it means here. */
export function Meanings({ unknown, chosen, onChange }: MeaningsProps) {
  const options = useOptions(new Set(unknown.map((item) => item.kind)));
  if (unknown.length === 0) return null;
  return (
    <Section title="2 What do these mean here?" text="The file speaks of things by numbers and names of the other platform. What you leave open stays open: segments that need it are not made.">
      <Stack gap="sm">
        {unknown.map(({ kind, theirs }) => {
          const label = `${kindWords[kind]} ${theirs}`, value = chosen[kind]?.[theirs] ?? '', choices = options(kind);
          const set = (ours: string | null) => onChange(kind, theirs, ours ?? '');
          return (
            <Group key={`${kind} ${theirs}`} gap="sm" align="center" wrap="wrap">
              <Text w={180} style={{ flexShrink: 0 }}>{label}</Text>
              {choices
                ? <Select aria-label={`${label} here`} placeholder={choices.length ? 'Not here' : 'There is none here yet'} data={choices} value={value || null} onChange={set} searchable clearable flex="1 1 240px" maw={420} />
                : <TextInput aria-label={`${label} here`} placeholder={kind === 'fields' ? 'Name of a field here' : 'gmail.com, googlemail.com'} value={value} onChange={(event) => set(event.currentTarget.value)} flex="1 1 240px" maw={420} />}
            </Group>
          );
        })}
      </Stack>
    </Section>
  );
}
