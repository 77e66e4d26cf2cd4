import { Button, Checkbox, Popover, Stack, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { formatNumber } from '@/kit';
import { widenings, widensWords, type CampaignActivity, type Widening } from './model';

const known = (value: string): value is Widening => widenings.some((w) => w.value === value);

/** By what an activity brings people into the campaign: said, and changed in place by those who may. */
export function Widens({ activity, onChange }: { activity: CampaignActivity; onChange: ((widens: Widening[]) => void) | undefined }) {
  const words = widensWords(activity.widens) ?? 'no';
  const brought = activity.brought > 0 && <Text span size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}> {formatNumber(activity.brought)} so far</Text>;
  if (!onChange) return <>{words}{brought}</>;
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <Popover width={320} position="bottom-start" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <Button size="compact-sm" variant="default" rightSection={<IconChevronDown size={14} />} aria-label={`${activity.name} widens the audience: ${words}`}>{words}</Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Checkbox.Group label={`Who joins the campaign by ${activity.name}`} value={[...activity.widens]} onChange={(values) => { onChange(values.filter(known)); }}>
            <Stack gap="sm" mt="xs">{widenings.map((w) => <Checkbox key={w.value} value={w.value} label={w.label} description={w.text} />)}</Stack>
          </Checkbox.Group>
          <Text size="xs" c="dimmed" mt="sm">Whoever joins is put on a side at once: some are kept back.</Text>
        </Popover.Dropdown>
      </Popover>
      {brought}
    </span>
  );
}
