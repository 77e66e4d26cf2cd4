import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMemo, type ReactNode } from 'react';
import { useSearchParam } from '@/kit';

export interface Asked { from?: string; to?: string; currency?: string }

/** The period and the currency that the address asks for; what it leaves out is the report's own choice. */
export function usePeriod(): Asked {
  const [from] = useSearchParam('from'), [to] = useSearchParam('to'), [currency] = useSearchParam('currency');
  return useMemo(() => ({ ...(from ? { from } : {}), ...(to ? { to } : {}), ...(currency ? { currency } : {}) }), [from, to, currency]);
}

interface PeriodProps {
  /** where the report is: `/api/v1/campaigns/3/report`; files are the same with an ending */
  address: string;
  /** what the report has; undefined while it is not there */
  report: { currencies: readonly string[]; currency: string | null } | undefined;
  /** what is counted, under the controls */
  children?: ReactNode;
}

/** Period, currency and files of a report; all of it stands in the address. */
export function Period({ address, report, children }: PeriodProps) {
  const asked = usePeriod();
  const [, setFrom] = useSearchParam('from'), [, setTo] = useSearchParam('to'), [, setCurrency] = useSearchParam('currency');
  const query = new URLSearchParams({ ...asked }).toString();
  const file = (kind: string) => `${address}.${kind}${query ? `?${query}` : ''}`;
  return (
    <Group gap="sm" align="flex-end">
      <TextInput type="date" label="From" value={asked.from ?? ''} onChange={(e) => { setFrom(e.currentTarget.value, { replace: true }); }} />
      <TextInput type="date" label="To" value={asked.to ?? ''} onChange={(e) => { setTo(e.currentTarget.value, { replace: true }); }} />
      {report && report.currencies.length > 1 && <Select label="Currency" w={110} allowDeselect={false} data={report.currencies} value={report.currency} onChange={(c) => { setCurrency(c ?? undefined); }} />}
      {report && <Button component="a" variant="default" leftSection={<IconDownload size={16} />} href={file('csv')} download>CSV</Button>}
      {report && <Button component="a" variant="default" leftSection={<IconDownload size={16} />} href={file('xlsx')} download>XLSX</Button>}
      {children && <Text component="div" size="xs" c="dimmed" style={{ flexBasis: '100%' }}>{children}</Text>}
    </Group>
  );
}
