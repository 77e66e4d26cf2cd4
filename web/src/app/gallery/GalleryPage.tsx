import { Button, Group, NumberInput, Select, SegmentedControl, SimpleGrid, Stack, Switch, TextInput, Title } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import { Problem } from '@/api/problem';
import {
  AllDone, AppForm, Change, Chart, CodeEditor, confirmConsequence, confirmTyped, Copyable, Details, doneToast, failToast, FigureTile, FigureTiles, FileDrop, FirstUse, Keys, MoneyText,
  NoMatch, NoRight, Page, PanelError, PointsText, Rate, Section, SideDrawer, SkeletonRows, StateBadge, SumBar, Term, Time, ToneBadge, undoToast, useAppForm, useDrawer, Wordmark,
} from '@/kit';
import { GalleryList } from './GalleryList';
import { charts } from './samples';

const states = ['draft', 'scheduled', 'running', 'active', 'paused', 'done', 'failed', 'cancelled', 'archived', 'subscribed', 'bounced', 'points', 'something_else'];
const refused = new Problem({ status: 500, title: 'Internal error', detail: 'The chart could not be worked out: ClickHouse did not answer in 30 s.', requestId: 'k3v9a1x7qp' });

function Forms() {
  const form = useAppForm({
    initialValues: { name: '', age: 41, city: 'Oslo', news: true },
    check: (v) => ({ name: v.name ? null : 'Enter a name for the segment' }),
  });
  return (
    <AppForm state={form} mode="edit" saveLabel="Save segment" guard={false} onSave={() => Promise.reject(new Problem({
      status: 422, title: 'Invalid', errors: [{ pointer: '/age', message: 'Age must be a whole number, like 41' }, { pointer: '/condition', message: '“Level” belongs to a program that is inactive' }],
    }))}>
      <Section title="A form" text="Hints stand outside the field, before it fails.">
        <TextInput label="Name" description="What colleagues see in lists" {...form.form.getInputProps('name')} />
        <Group grow><NumberInput label="Age" {...form.form.getInputProps('age')} /><Select label="City" data={['Oslo', 'Bergen']} {...form.form.getInputProps('city')} /></Group>
        <Switch label="Send news" {...form.form.getInputProps('news', { type: 'checkbox' })} />
        <SegmentedControl data={['Static', 'Dynamic', 'Updatable']} />
      </Section>
    </AppForm>
  );
}

/** Every piece of the kit, for looking at; development only. */
export function GalleryPage() {
  const drawer = useDrawer('sample');
  const [json, setJson] = useState('{\n  "kind": "compare",\n  "field": "profile.city",\n  "op": "eq",\n  "value": "Oslo"\n}\n');
  return (
    <Page title="Kit" crumbs={[{ label: 'Settings', href: '/settings' }]} badges={<><StateBadge state="active" /><ToneBadge tone="iris">updatable</ToneBadge></>}
      facts={['342 people', <Time key="t" value={new Date(Date.now() - 8_000_000).toISOString()} />, 'used by 2 mailings']}
      primary={{ label: 'New segment', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { doneToast('Segment created'); } }}
      secondary={[{ label: 'Open drawer', onClick: () => { drawer.open(17); } }]}
      menu={[{ label: 'Clone', onClick: () => undefined, shortcut: 'mod+D' }, { label: 'Delete…', danger: true, onClick: () => undefined }]}
      rail={<><Section title="In this segment"><FigureTile label="People" value="342" note="13.9 % of 2,469" /><Details items={[['By e-mail', '318'], ['No address', '9'], ['Bounced', '15'], ['Nothing', null]]} /></Section></>}
      railBar={<><strong>342 people</strong><Button>Save segment</Button></>}
      tabs={[
        { value: 'pieces', label: 'Pieces', count: 12, render: () => <Pieces onDrawer={() => { drawer.open(17); }} /> },
        { value: 'list', label: 'List', render: () => <GalleryList /> },
        { value: 'form', label: 'Form', render: () => <Forms /> },
        { value: 'states', label: 'States', render: () => <States /> },
        { value: 'charts', label: 'Charts', render: () => <SimpleGrid cols={{ base: 1, md: 2 }}>{charts.map((c) => <Chart key={c.title} {...c} />)}</SimpleGrid> },
        { value: 'code', label: 'Code', render: () => <CodeEditor label="Condition" language="json" value={json} onChange={setJson} problems={[{ line: 3, message: 'profile.city is unknown here' }]} /> },
      ]}>
      <SideDrawer name="sample" title="Ada Berg">{(id) => <Details items={[['Profile', <Copyable key="c" value={`#${id}`} />], ['City', 'Oslo']]} />}</SideDrawer>
    </Page>
  );
}

function Pieces({ onDrawer }: { onDrawer: () => void }) {
  return (
    <Stack gap="md">
      <Group><Wordmark /><Wordmark size={32} /><Button onClick={onDrawer}>Primary</Button><Button variant="default">Secondary</Button><Button variant="light">Light</Button><Button variant="subtle">Subtle</Button><Button color="clay">Delete field</Button><Button variant="outline">Outline</Button></Group>
      <Group gap="xs">{states.map((s) => <StateBadge key={s} state={s} />)}</Group>
      <FigureTiles>
        <FigureTile label="Profiles" value="2,469" note={<Change value={34} />} href="/kit" trend={[3, 4, 4, 6, 8, 7, 9]} />
        <FigureTile label="Revenue, 30 days" value={<MoneyText value={{ amount: '41204.10', currency: 'EUR' }} />} note={<Change value={-4} unit="orders" />} />
        <FigureTile label="Points owed" value="3,912.00" note={<PointsText amount="30" type="pending" />} />
        <FigureTile label="Not known yet" value={undefined} />
      </FigureTiles>
      <Section title="Sums" text="Every total is followed by its parts.">
        <SumBar label="Sending" parts={[{ label: 'sent', value: 846, tone: 'moss', href: '/kit' }, { label: 'in flight', value: 20, tone: 'fjord' }, { label: 'waiting', value: 250, tone: 'iris' }, { label: 'failed', value: 3, tone: 'clay' }, { label: 'unknown', value: 1 }]} />
        <div>Opened <Rate part={301} whole={828} /> · <Term meaning="People kept out of everything, to see what the messages change.">control group</Term> · <Keys combo="mod+K" /></div>
      </Section>
      <Group>
        <Button variant="default" onClick={() => { undoToast('Segment archived', () => undefined); }}>Undo toast</Button>
        <Button variant="default" onClick={() => { failToast(refused); }}>Failure</Button>
        <Button variant="default" onClick={() => void confirmConsequence({ title: 'Stop the mailing Autumn sale?', body: '250 people have not got it yet and will not get it. 846 have it already.', action: 'Stop mailing', keep: 'Keep sending', danger: true })}>Consequence</Button>
        <Button variant="default" onClick={() => void confirmTyped({ title: 'Delete the field age?', body: 'The values of 2,301 people are lost. This cannot be undone.', action: 'Delete field', keep: 'Keep field', name: 'age' })}>Typed</Button>
      </Group>
      <FileDrop hint="CSV, TSV, XLSX or JSONL, also zipped; up to 2 GB" onFile={(file) => { doneToast(file.name); }} />
    </Stack>
  );
}

function States() {
  return (
    <Stack gap="md">
      <FirstUse icon={IconUsers} title="Find the right people" text="A segment is a rule such as “bought coffee, not for 60 days”, or a list. You see its size while you build." primary={{ label: 'New segment', href: '/kit' }} secondary={{ label: 'Open an example', href: '/kit' }} />
      <NoMatch noun="profile" q="adda" filters={['City is Oslo']} onClear={() => undefined} />
      <NoRight what="see mailings" right="mailings:read" />
      <AllDone>Nothing failed</AllDone>
      <PanelError error={refused} what="the chart" onRetry={() => undefined} />
      <Title order={2}>Loading</Title>
      <SkeletonRows rows={3} />
    </Stack>
  );
}
