import { Button, Group, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { announce, download, FigureTile, FigureTiles, FileDrop, formatCount, formatNumber, NeedRight, Page, PanelError, paths, Section } from '@/kit';
import { Meanings } from './Meanings';
import { asked, definitionsIn, mapsOf, type Definition, type Kind, type Meanings as Chosen, type Report } from './model';
import { MovedTable } from './MovedTable';

const JSON_FILES = { 'application/json': ['.json'] };

/** Taking over segments of another platform: the file, what its numbers mean here, what would be made, then it is made. */
export function MovingPage() {
  const can = useCan('segments:create');
  const [file, setFile] = useState<{ name: string; definitions: Definition[] } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Chosen>({});
  const [stale, setStale] = useState(false);
  const [report, setReport] = useState<Report>();
  const send = useAction({
    refresh: [['segments']],
    run: ({ definitions, maps, dry }: { definitions: Definition[]; maps: Chosen; dry: boolean }, { headers }) => ok(api.POST('/api/v1/segments/import', { body: { definitions, maps: mapsOf(maps), dry_run: dry }, headers })),
  });
  const ask = async (definitions: Definition[], maps: Chosen, dry: boolean) => {
    try {
      const told = await send.mutateAsync({ definitions, maps, dry });
      setReport(told);
      setStale(false);
      announce(`${formatCount(told.converted, 'segment', 'segments')} ${dry ? 'can be made' : 'made'}, ${told.refused + told.unreadable + told.proposed} not`);
    } catch { /* the error is shown in its panel */ }
  };
  const take = async (given: File) => {
    setFault(null);
    try {
      const definitions = definitionsIn(await given.text());
      setFile({ name: given.name, definitions });
      await ask(definitions, chosen, true);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const mean = (kind: Kind, theirs: string, ours: string) => {
    setChosen((before) => ({ ...before, [kind]: { ...before[kind], [theirs]: ours } }));
    setStale(true);
  };
  const done = report !== undefined && !report.dry_run;
  const unknown = done ? [] : asked(report, chosen);
  const makes = report?.dry_run && !stale && report.converted > 0;
  if (!can) return <NeedRight title="Take over segments" crumbs={[{ label: 'Segments', href: paths.segments() }]} what="make segments" right="segments:create" />;
  return (
    <Page title="Take over segments" crumbs={[{ label: 'Segments', href: paths.segments() }]} facts={[file?.name, file && formatCount(file.definitions.length, 'definition', 'definitions')]}
      {...(makes && file ? { primary: { label: `Make ${formatCount(report.converted, 'segment', 'segments')}`, disabled: send.isPending, onClick: () => void ask(file.definitions, chosen, false) } } : {})}
      {...(report ? { secondary: [{ label: 'Download report', icon: <IconDownload size={16} />, onClick: () => download('segments-report.json', JSON.stringify(report, null, 2), 'application/json') }] } : {})}
      help={{ text: 'Definitions as the other platform’s API returns them become segments here. A definition is made whole or not at all: without one of its rules it would name other people.', api: '/segments/import' }}>
      <Stack gap="lg">
        {!done && (
          <Section title="1 File" text="Nothing is made before you have seen what would become of each segment.">
            <FileDrop hint="JSON: the answer of segments/get, a list of definitions, or one of them; at most 1,000." accept={JSON_FILES} maxBytes={9_000_000} loading={send.isPending && !report} onFile={(given) => void take(given)} />
            {fault && <Text role="alert" c="error" size="sm">{fault}</Text>}
            {send.error && <PanelError error={send.error} what="the definitions" />}
          </Section>
        )}
        <Meanings unknown={unknown} chosen={chosen} onChange={mean} />
        {stale && file && <Group><Button loading={send.isPending} onClick={() => void ask(file.definitions, chosen, true)}>Check again</Button></Group>}
        {report && (
          <>
            <FigureTiles>
              <FigureTile label={done ? 'Made' : 'Can be made'} value={formatNumber(report.converted)} />
              <FigureTile label="To be split" value={formatNumber(report.proposed)} note="they span several databases" />
              <FigureTile label="Not made" value={formatNumber(report.refused)} note="a part means nothing here" />
              <FigureTile label="Unreadable" value={formatNumber(report.unreadable)} />
            </FigureTiles>
            <Section title={done ? 'What became of each' : 'What would become of each'}><MovedTable items={report.items} dry={report.dry_run} /></Section>
          </>
        )}
      </Stack>
    </Page>
  );
}
