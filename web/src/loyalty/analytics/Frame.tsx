import { Button, Group, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Loaded, Time, type QueryLike } from '@/kit';
import type { Program } from '../programs/model';
import { Filters } from './Filters';
import { fileOf, spanOf, useFilters, type Filters as Values, type Period, type Report } from './model';

interface Found { period: Period; currencies?: readonly string[] }
export interface TabProps { program: Program }

interface Props<R extends Found> {
  program: Program;
  report: Report;
  what: string;
  use: (programId: number, filters: Values) => QueryLike<R>;
  children: (found: R, filters: Values) => ReactNode;
}

/** A report: its filters above, what it is of and its files below. */
export function Frame<R extends Found>({ program, report, what, use, children }: Props<R>) {
  const [filters, set] = useFilters();
  const query = use(program.id, filters);
  return (
    <>
      <Filters program={program} report={report} filters={filters} set={set} currencies={query.data?.currencies ?? []} />
      <Loaded query={query} what={what}>
        {(found) => (
          <Stack gap="md">
            {children(found, filters)}
            <Group gap="xs" justify="space-between">
              <Text size="sm" c="dimmed">{spanOf(found.period)}, days in {found.period.timezone}. As of <Time value={found.period.as_of} />, worked out from the ledger.</Text>
              <Group gap="xs">{(['csv', 'xlsx'] as const).map((kind) => <Button key={kind} component="a" variant="default" size="compact-sm" leftSection={<IconDownload size={14} />} href={fileOf(program.id, report, kind, filters)} download>{kind.toUpperCase()}</Button>)}</Group>
            </Group>
          </Stack>
        )}
      </Loaded>
    </>
  );
}
