import { CopyButton as MantineCopy, Group, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { IconButton } from '../routing/links';

/** Copies a value; the icon and the label say that it did. */
export function CopyButton({ value, label = 'Copy' }: { value: string; label?: string }) {
  return (
    <MantineCopy value={value} timeout={2000}>
      {({ copied, copy }) => (
        <IconButton label={copied ? 'Copied' : label} size="sm" color={copied ? 'moss' : 'gray'} onClick={copy}>
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </IconButton>
      )}
    </MantineCopy>
  );
}

/** A code, id or address with its copy button. */
export function Copyable({ value, label, mono = true }: { value: string; label?: string; mono?: boolean }) {
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex">
      <Text span inherit {...(mono ? { ff: 'monospace' } : {})} style={{ overflowWrap: 'anywhere' }}>{value}</Text>
      <CopyButton value={value} {...(label ? { label } : {})} />
    </Group>
  );
}
