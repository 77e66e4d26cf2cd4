import { Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { upload } from '@/api/client';
import { useDatabaseList } from '@/api/database';
import { useCan } from '@/api/session';
import { toProblem, type Problem } from '@/api/problem';
import { FileDrop, NeedRight, Page, PanelError, paths, Section, SkeletonText, useGo, useIdParam } from '@/kit';
import type { Import } from './model';

const LIMIT = 2_000_000_000;

/** The first step of an import: the file. */
export function ImportNewPage() {
  const databaseId = useIdParam('databaseId');
  const databases = useDatabaseList();
  const database = databases.data?.find((d) => d.id === databaseId);
  const go = useGo();
  const can = useCan('imports:create');
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (file: File) => {
    setProblem(null);
    setShare(0);
    const form = new FormData();
    form.append('file', file);
    try {
      const made = await upload<Import>(`/api/v1/databases/${databaseId}/imports`, form, setShare);
      go(paths.import(databaseId, made.id));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setShare(null);
    }
  };
  if (!can) return <NeedRight title="Import a file" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Imports', href: paths.imports(databaseId) }]} what="import files" right="imports:create" />;
  return (
    <Page title="Import a file" crumbs={[{ label: 'Profiles', href: paths.profiles(databaseId) }, { label: 'Imports', href: paths.imports(databaseId) }]} facts={[database ? `into ${database.name}` : databases.isLoading && <SkeletonText key="d" />]} width="form"
      help={{ text: 'First the file, then which column is which, then a check of the whole file that writes nothing, then the import.' }}>
      <Section title="1 File" text="Nothing is written before you have seen what would happen.">
        <Stack>
          <FileDrop hint="CSV, TSV, XLSX or JSON lines, also as zip or gz; up to 2 GB. Encoding, separator and header are found out." maxBytes={LIMIT} loading={share !== null} onFile={(file) => void send(file)} />
          {share !== null && <div><Progress value={share * 100} aria-label="Upload" /><Text size="xs" c="dimmed" mt={4}>{share < 1 ? `${Math.round(share * 100)} % sent` : 'Reading the file…'}</Text></div>}
          {problem && <PanelError error={problem} what="the file" />}
        </Stack>
      </Section>
    </Page>
  );
}
