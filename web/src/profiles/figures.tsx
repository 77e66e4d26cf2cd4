import { Group, Pill, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { AppLink, formatNumber, Num, paths, Time } from '@/kit';

export type Figure = components['schemas']['Figure'];

/** What a figure is, and how many of the people it counts there are now. */
export function useFigure(databaseId: number, key: string | undefined) {
  return useQuery({
    queryKey: ['profiles', databaseId, 'figure', key], enabled: key !== undefined, retry: false,
    queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/figures/{key}', { params: { path: { database_id: databaseId, key: key ?? '' } }, signal })),
  });
}

/** What became of the people since they were counted; null while nothing did. */
export function sinceWords({ people, counted, only_less: onlyLess }: Pick<Figure, 'people' | 'counted' | 'only_less'>): string | null {
  if (counted === null || counted === people) return null;
  const gone = counted - people;
  if (onlyLess && gone > 0) return `${formatNumber(gone)} of them ${gone === 1 ? 'has' : 'have'} been erased or merged since`;
  return `${formatNumber(people)} now: people came, were erased or merged since`;
}

/** The figure that narrows a list of people, to be taken away; with what has changed since it was counted. */
export function FigureChip({ figure, onRemove }: { figure: Figure | undefined; onRemove: () => void }) {
  if (!figure) return null;
  const since = sinceWords(figure);
  return (
    <Group gap="xs" miw={0} maw="100%">
      <Pill size="md" maw="100%" title={figure.title} withRemoveButton onRemove={onRemove} removeButtonProps={{ 'aria-label': `Remove filter ${figure.title}`, 'aria-hidden': false, tabIndex: 0 }}>{figure.title}</Pill>
      <Text size="xs" c="dimmed" maw="100%">
        {since && <>{formatNumber(figure.counted)} as of <Time value={figure.as_of} mode="absolute" />; {since} · </>}
        <AppLink href={figure.link}>Where it is counted</AppLink>
      </Text>
    </Group>
  );
}

interface CountProps {
  databaseId: number;
  /** which figure, as the API names it: `import:5:created` */
  figure: string;
  value: number | null | undefined;
  /** what is counted, for those who do not see the column: `created` */
  label: string;
  /** whom it counts is not known (any more), or not yet */
  unknown?: boolean;
}

/** A number of people that opens them; plain where there is nobody to open, or no right to see them. */
export function PeopleCount({ databaseId, figure, value, label, unknown = false }: CountProps) {
  const can = useCan('profiles:read');
  if (!can || unknown || !value) return <Num value={value} />;
  return <AppLink href={paths.figure(databaseId, figure)} aria-label={`${formatNumber(value)} ${label}`}><Num value={value} /></AppLink>;
}
