import { Alert, Button, Code, Group, Text, ThemeIcon } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { toProblem } from '@/api/problem';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Copyable, Details, failToast, JobProgress, Loaded, Page, PanelError, paths, Section, StateBadge, Time } from '@/kit';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

interface Ready { ready: boolean; words: string; at: string }

/** Asks both engines; a refusal says which one does not answer. */
async function askReady(signal: AbortSignal): Promise<Ready> {
  const at = new Date().toISOString();
  try {
    await ok(api.GET('/ready', { signal }));
    return { ready: true, words: 'PostgreSQL and ClickHouse answer', at };
  } catch (error) {
    const problem = toProblem(error);
    return { ready: false, words: problem.detail || problem.title, at };
  }
}

const kind = (embedded: boolean) => (embedded ? 'inside this installation' : 'an external server');

function Engines({ postgres, clickhouse }: { postgres: boolean; clickhouse: boolean }) {
  const ready = useQuery({ queryKey: ['ready'], queryFn: ({ signal }) => askReady(signal), refetchInterval: 10_000 });
  return (
    <Section title="Engines">
      <Loaded query={ready} what="the state of the engines">
        {(state) => (
          <Details items={[
            ['State', <StateBadge key="s" state={state.ready ? 'active' : 'failed'} label={state.ready ? 'Ready' : 'Not ready'} />],
            ['Answer', <>{state.words} · <Time value={state.at} /></>],
            ['PostgreSQL', kind(postgres)], ['ClickHouse', kind(clickhouse)],
          ]} />
        )}
      </Loaded>
    </Section>
  );
}

function Mail({ server }: { server: string | null }) {
  if (server !== null) return <Section title="Outgoing mail"><Details items={[['Mail server', <Copyable key="m" value={server} />]]} /></Section>;
  return (
    <Section title="Outgoing mail">
      <Alert color="marigold" icon={<IconAlertTriangle size={18} />} title="Mails are caught here, not delivered">
        No mail server is set, so every mail ends in the <AppLink href={paths.mailbox()}>mailbox</AppLink> and reaches nobody.
      </Alert>
      <Text>
        To deliver, name a mail server in the configuration file under <Code>[smtp]</Code> (<Code>host</Code>, <Code>port</Code>, <Code>username</Code>, <Code>password</Code>), or in the environment as <Code>FIDELIA_SMTP_HOST</Code>, then start again.
      </Text>
    </Section>
  );
}

function Check() {
  const check = useAction({ run: (_: null, { headers }) => ok(api.POST('/api/v1/installation/check', { headers })) });
  return (
    <Section title="Check" text="Looks for everything that should not be: rows that wait too long, counts that differ between the engines, jobs without a sign of life."
      actions={<Button size="xs" variant="default" loading={check.isPending} onClick={() => { check.mutate(null); }}>Check now</Button>}>
      {check.error && <PanelError error={check.error} what="the check" />}
      {check.data?.findings.map((finding) => (
        <Group key={finding.name} gap="sm" wrap="nowrap" align="flex-start">
          <ThemeIcon size={20} radius={10} variant="light" color={finding.ok ? 'moss' : 'clay'} aria-label={finding.ok ? 'in order' : 'not in order'}>{finding.ok ? <IconCheck size={14} /> : <IconX size={14} />}</ThemeIcon>
          <div><Text fw={550}>{finding.name}</Text>{finding.detail && <Text size="xs" c="dimmed">{finding.detail}</Text>}</div>
        </Group>
      ))}
    </Section>
  );
}

function Rebuild() {
  const can = useCan('settings:update');
  const [job, setJob] = useState<string | null>(null);
  const rebuild = useAction({ run: (_: null, { headers }) => ok(api.POST('/api/v1/installation/rebuild', { headers })), onDone: (reply) => { setJob(reply.job.id); } });
  if (!can) return null;
  const ask = () => void confirmConsequence({
    title: 'Make ClickHouse again from PostgreSQL?', body: 'Profiles, orders, products and segments are copied anew; the history of events stays as it is. Counts and segments may be slow until it has ended.', action: 'Rebuild ClickHouse', keep: 'Keep it as it is',
  }).then((yes) => { if (yes) rebuild.mutate(null, { onError: failToast }); });
  return (
    <Section title="Rebuild" text="When the check finds differences between the engines: everything in ClickHouse but the history is made again from PostgreSQL."
      actions={<Button size="xs" variant="default" loading={rebuild.isPending} onClick={ask}>Rebuild…</Button>}>
      <JobProgress id={job} />
    </Section>
  );
}

/** What runs here, whether it is well, and how mails leave. */
export function InstallationPage() {
  const query = useQuery({ queryKey: ['installation'], queryFn: ({ signal }) => ok(api.GET('/api/v1/installation', { signal })) });
  return (
    <SettingsFrame>
      <Page title="Installation" crumbs={settingsCrumb} width="form" help={{ text: 'What this installation is made of and whether it can serve. Settings of the server itself stand in its configuration file; an administrator changes them there.' }}>
        <Loaded query={query} what="the installation">
          {(about) => (
            <>
              <Section title="Server">
                <Details items={[['Version', `Fidelia ${about.version}`], ['Address', <Copyable key="a" value={about.url} label="Copy the address" />], ['API', <a key="d" href="/api/docs">Description of the API</a>]]} />
              </Section>
              <Engines postgres={about.embedded_postgres} clickhouse={about.embedded_clickhouse} />
              <Mail server={about.mail_server} />
              <Check />
              <Rebuild />
            </>
          )}
        </Loaded>
      </Page>
    </SettingsFrame>
  );
}
