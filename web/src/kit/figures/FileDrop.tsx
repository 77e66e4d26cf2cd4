import { Group, Text } from '@mantine/core';
import { Dropzone, type FileRejection } from '@mantine/dropzone';
import { IconFileUpload } from '@tabler/icons-react';
import { useState } from 'react';
import { formatBytes } from '../format/number';

export interface FileDropProps {
  /** "Drop a file here or choose one" is the default */
  label?: string;
  /** "CSV, TSV, XLSX or JSONL, also zipped; up to 2 GB" */
  hint: string;
  /** MIME types or extensions by type, as the file picker takes them; everything when left out */
  accept?: Record<string, string[]>;
  maxBytes?: number;
  loading?: boolean;
  onFile: (file: File) => void;
}

/** One file by drop, click or keyboard; a refused one says why. */
export function FileDrop({ label = 'Drop a file here or choose one', hint, accept, maxBytes, loading = false, onFile }: FileDropProps) {
  const [refused, setRefused] = useState<string | null>(null);
  const refuse = (rejections: FileRejection[]) => {
    const first = rejections[0];
    const tooLarge = first?.errors.some((e) => e.code === 'file-too-large');
    setRefused(!first ? null : tooLarge && maxBytes !== undefined
      ? `${first.file.name} is ${formatBytes(first.file.size)}. The limit is ${formatBytes(maxBytes)}`
      : `${first.file.name} is not a file this page can read. ${hint}`);
  };
  return (
    <div>
      <Dropzone multiple={false} loading={loading} {...(accept ? { accept } : {})} {...(maxBytes === undefined ? {} : { maxSize: maxBytes })}
        inputProps={{ 'aria-label': label }} onReject={refuse}
        onDrop={(files) => {
          const [file] = files;
          setRefused(null);
          if (file) onFile(file);
        }}>
        <Group justify="center" gap="md" mih={96} style={{ pointerEvents: 'none' }}>
          <IconFileUpload size={32} stroke={1.5} aria-hidden="true" />
          <div>
            <Text fw={550}>{label}</Text>
            <Text size="xs" c="dimmed">{hint}</Text>
          </div>
        </Group>
      </Dropzone>
      {refused && <Text role="alert" c="error" size="xs" mt={4}>{refused}</Text>}
    </div>
  );
}
