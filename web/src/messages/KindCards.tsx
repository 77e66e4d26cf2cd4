import { Group, Radio, SimpleGrid, Text } from '@mantine/core';
import segmentCss from '@/segments/segments.module.css';
import { isMailingType, mailingKind, useMailingKinds, type MailingType } from './kinds';

/** The kinds of mailings to choose from; `single` puts them below each other. */
export function KindCards({ value, onChange, single = false }: { value: MailingType; onChange: (type: MailingType) => void; single?: boolean }) {
  const kinds = useMailingKinds() ?? [mailingKind('broadcast')];
  return (
    <Radio.Group label="What kind of mailing?" description="The kind stays as it is chosen here." value={value} onChange={(chosen) => { if (isMailingType(chosen)) onChange(chosen); }}>
      <SimpleGrid cols={single ? 1 : { base: 1, sm: 2 }} spacing="sm" mt="sm">
        {kinds.map((k) => (
          <Radio.Card key={k.value} value={k.value} className={segmentCss.kind ?? ''} aria-label={`${k.label}: ${k.text}`}>
            <Group gap="xs" wrap="nowrap"><Radio.Indicator /><k.icon size={18} aria-hidden="true" /><Text fw={550}>{k.label}</Text></Group>
            <Text mt={6}>{k.text}</Text>
            <Text size="xs" c="dimmed" mt={4}>{k.more}</Text>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}
