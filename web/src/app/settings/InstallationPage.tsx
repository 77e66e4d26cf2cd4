import { Code, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, call, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import { AppLink, Copyable, Details, Loaded, Page, paths, Section, StateBadge, Time } from '@/kit';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

interface Document { info: { title: string; version: string } }
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

/** What runs here, and how it reaches the outside. */
export function InstallationPage() {
  const about = useQuery({ queryKey: ['openapi', 'info'], queryFn: ({ signal }) => call<Document>('/api/v1/openapi.json', { signal }), staleTime: Infinity });
  const ready = useQuery({ queryKey: ['ready'], queryFn: ({ signal }) => askReady(signal), refetchInterval: 10_000 });
  return (
    <SettingsFrame>
      <Page title="Installation" crumbs={settingsCrumb} width="form" help={{ text: 'What this installation is made of and whether it can serve. Settings of the server itself stand in its configuration file; an administrator changes them there.' }}>
        <Section title="Server">
          <Loaded query={about} what="the version">
            {({ info }) => (
              <Details items={[
                ['Version', `${info.title} ${info.version}`],
                ['Address', <Copyable key="a" value={window.location.origin} />],
                ['API', <a key="d" href="/api/docs">Description of the API</a>],
              ]} />
            )}
          </Loaded>
        </Section>
        <Section title="Engines">
          <Loaded query={ready} what="the state of the engines">
            {(state) => <Details items={[['State', <StateBadge key="s" state={state.ready ? 'active' : 'failed'} label={state.ready ? 'Ready' : 'Not ready'} />], ['Answer', state.words], ['Asked', <Time key="t" value={state.at} seconds />]]} />}
          </Loaded>
        </Section>
        <Section title="Outgoing mail">
          <Text>
            Mails go through the SMTP server named in the configuration file (<Code>[smtp] host</Code>, <Code>port</Code>, <Code>username</Code>), or in the environment as <Code>FIDELIA_SMTP_HOST</Code>.
            Without one they are caught in the <AppLink href={paths.mailbox()}>mailbox</AppLink> and reach nobody.
          </Text>
        </Section>
      </Page>
    </SettingsFrame>
  );
}
