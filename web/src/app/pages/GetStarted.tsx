import { Button, Group, List, Progress, Text, ThemeIcon } from '@mantine/core';
import { IconCheck, IconCircle, IconSparkles } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { ended, useJob } from '@/api/jobs';
import { useAction } from '@/api/mutations';
import { useCanAny } from '@/api/session';
import { AppLink, failToast, paths, Section } from '@/kit';
import type { Counts } from './counts';

interface Step { label: string; done: boolean; href: string; right: string; text: string }

/** For whoever wants to look around before bringing their own data. */
function DemoOffer() {
  const demo = useQuery({ queryKey: ['demo'], queryFn: ({ signal }) => ok(api.GET('/api/v1/demo', { signal })) }).data;
  const load = useAction({ refresh: [['demo'], ['jobs']], run: (_: null, { headers }) => ok(api.POST('/api/v1/demo', { body: { small: false }, headers })) });
  const client = useQueryClient();
  const job = useJob(load.data?.job.id, () => void client.invalidateQueries());
  if (!demo?.installed || demo.database_id !== null) return null;
  return (
    <Group gap="sm" justify="space-between" pt="md" style={{ borderTop: '1px solid var(--fd-hairline)' }}>
      <Text style={{ flex: '1 1 280px' }}>Or look around first: a real retailer’s year with 2,469 households and 155,848 orders, six segments, a mailing and a loyalty program at work: members, points, levels, promotions, partners. It takes about a minute.</Text>
      <Button variant="default" leftSection={<IconSparkles size={16} />} loading={load.isPending || (job !== undefined && !ended(job))} onClick={() => { load.mutate(null, { onError: failToast }); }}>Load demo data</Button>
    </Group>
  );
}

/** The first steps, ticked off as they are done; leaves when all are. */
export function GetStarted({ databases, db, counts }: { databases: number; db: number | undefined; counts: Counts }) {
  const can = useCanAny();
  const has = (n: number | null | undefined) => (n ?? 0) > 0;
  const all: readonly Step[] = [
    { label: 'Create a database', done: databases > 0, href: `${paths.databases()}?drawer=database:new`, right: 'databases:create', text: 'One for each brand or shop; its fields say what you know about people' },
    { label: 'Import people', done: has(counts.profiles), href: db === undefined ? paths.databases() : paths.importNew(db), right: 'imports:create', text: 'A CSV or Excel file; nothing is written before you have seen the check' },
    { label: 'Build a segment', done: has(counts.segments), href: paths.segmentNew(), right: 'segments:create', text: 'The size is shown while you build' },
    { label: 'Write a template', done: has(counts.templates), href: paths.templates(), right: 'templates:create', text: 'Seen as the recipient will see it' },
    { label: 'Send a mailing', done: has(counts.mailings), href: paths.mailingNew(), right: 'mailings:create', text: 'Mails are caught in the mailbox until an SMTP server is set' },
  ];
  const steps = all.filter((step) => can(step.right));
  const done = steps.filter((step) => step.done).length;
  if (steps.length === 0 || done === steps.length) return null;
  const next = steps.find((step) => !step.done);
  return (
    <Section title={`Get started: ${done} of ${steps.length}`}>
      <Progress value={(done / steps.length) * 100} size={6} aria-label={`${done} of ${steps.length} steps done`} />
      <List size="sm" listStyleType="none" spacing="xs" center>
        {steps.map((step) => (
          <List.Item key={step.label} icon={<ThemeIcon size={20} radius="xl" variant={step.done ? 'light' : 'transparent'} color={step.done ? 'moss' : 'gray'}>{step.done ? <IconCheck size={14} /> : <IconCircle size={14} />}</ThemeIcon>}>
            <Group gap="xs">
              {step.done ? <Text c="dimmed">{step.label} <span className="fd-live">done</span></Text> : <AppLink href={step.href} fw={step === next ? 620 : 450}>{step.label}</AppLink>}
              {step === next && <Text size="xs" c="dimmed">{step.text}</Text>}
            </Group>
          </List.Item>
        ))}
      </List>
      {databases === 0 && can('databases:create') && <DemoOffer />}
    </Section>
  );
}
