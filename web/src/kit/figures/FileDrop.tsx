import { FileButton, Loader, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useState, type DragEvent } from 'react';
import { formatBytes } from '../format/number';
import css from './figures.module.css';

export interface FileDropProps {
  /** "Drop a file here or choose one" is the default */
  label?: string;
  /** "CSV, TSV, XLSX or JSONL, also zipped; up to 2 GB" */
  hint: string;
  /** extensions by type, as the file picker takes them; everything when left out */
  accept?: Record<string, string[]>;
  maxBytes?: number;
  loading?: boolean;
  onFile: (file: File) => void;
}

/** Why a file cannot be taken; null when it can. */
export function refusal(file: File, hint: string, accept?: Record<string, string[]>, maxBytes?: number): string | null {
  if (maxBytes !== undefined && file.size > maxBytes) return `${file.name} is ${formatBytes(file.size)}. The limit is ${formatBytes(maxBytes)}`;
  if (!accept) return null;
  const name = file.name.toLowerCase();
  const fits = Object.entries(accept).some(([type, endings]) => type === file.type || endings.some((ending) => name.endsWith(ending.toLowerCase())));
  return fits ? null : `${file.name} is not a file this page can read. ${hint}`;
}

/** One file by drop, click or keyboard; a refused one says why. */
export function FileDrop({ label = 'Drop a file here or choose one', hint, accept, maxBytes, loading = false, onFile }: FileDropProps) {
  const [refused, setRefused] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const take = (file: File | null | undefined) => {
    if (!file) return;
    const why = refusal(file, hint, accept, maxBytes);
    setRefused(why);
    if (why === null) onFile(file);
  };
  const drag = (on: boolean) => (event: DragEvent) => { event.preventDefault(); setOver(on); };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!loading) take(event.dataTransfer.files[0]);
  };
  return (
    <div>
      <FileButton onChange={take} disabled={loading} {...(accept ? { accept: Object.entries(accept).flat(2).join(',') } : {})} inputProps={{ 'aria-label': label }}>
        {(props) => (
          <UnstyledButton {...props} className={css.drop ?? ''} data-over={over} aria-busy={loading} onDragEnter={drag(true)} onDragOver={drag(true)} onDragLeave={drag(false)} onDrop={drop}>
            <Stack component="span" align="center" justify="center" gap={4} mih={112} style={{ pointerEvents: 'none' }}>
              {loading ? <Loader size={32} /> : <IconFileUpload size={32} stroke={1.5} aria-hidden="true" />}
              <Text span fw={550}>{label}</Text>
              <Text span size="xs" c="dimmed" maw={480} style={{ textWrap: 'balance' }}>{hint}</Text>
            </Stack>
          </UnstyledButton>
        )}
      </FileButton>
      {refused && <Text role="alert" c="error" size="xs" mt={4}>{refused}</Text>}
    </div>
  );
}
