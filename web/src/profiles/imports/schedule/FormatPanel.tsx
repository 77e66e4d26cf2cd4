import { Checkbox, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { Section, useAnnounce } from '@/kit';
import { FormatFields } from '../FormatFields';
import { formatWords, type Format } from '../model';
import type { Sample, Values } from './model';

const kinds = [{ value: 'csv', label: 'CSV: text in columns' }, { value: 'tsv', label: 'TSV: separated by tabs' }, { value: 'xlsx', label: 'XLSX: a workbook' }, { value: 'jsonl', label: 'JSON lines' }];
const packings = [{ value: 'none', label: 'Not packed' }, { value: 'gz', label: 'gzip' }, { value: 'zip', label: 'zip' }];
const READ_OTHERWISE = 'The columns below were read in another way. Test again to see them like this.';
const plain: Format = { kind: 'csv', compression: 'none', encoding: 'utf-8', delimiter: ',', quote: '"', header: true, skip: 0, sheet: null };

interface Props { values: Values; sample: Sample | undefined; errors: ReadonlyMap<string, string>; onChange: (format: Format | null) => void }

/** How the file of an address is read: found out at each run, or always in the same way. */
export function FormatPanel({ values, sample, errors, onChange }: Props) {
  const now = values.format, found = sample?.preview?.format;
  const asked = found && now && formatWords(found) !== formatWords(now);
  useAnnounce(asked ? READ_OTHERWISE : undefined);
  if (values.source.kind !== 'url') return null;
  const set = (change: Partial<Format>) => { onChange({ ...(now ?? found ?? plain), ...change }); };
  return (
    <Section title="How the file is read" text={now ? formatWords(now) : 'Separator, encoding and header are found out at each run. Fix them when that goes wrong, or when the file may be empty some day.'}>
      <Stack gap="sm">
        <Checkbox label="Always in the same way" checked={now !== null} onChange={(event) => { onChange(event.currentTarget.checked ? { ...plain, ...found } : null); }} />
        {now && (
          <>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Select label="Kind of file" allowDeselect={false} data={kinds} value={now.kind} onChange={(kind) => { if (kind) set({ kind: kind as 'csv', delimiter: kind === 'tsv' ? '\t' : now.delimiter === '\t' ? ',' : now.delimiter ?? ',', sheet: null }); }} />
              {now.kind !== 'xlsx' && <Select label="Packed with" allowDeselect={false} data={packings} value={now.compression ?? 'none'} onChange={(compression) => { if (compression) set({ compression: compression as 'gz' }); }} />}
            </SimpleGrid>
            <FormatFields value={now} onChange={set} sheets={sample?.preview?.sheets} errors={errors} />
            {asked && <Text size="sm">{READ_OTHERWISE}</Text>}
          </>
        )}
      </Stack>
    </Section>
  );
}
