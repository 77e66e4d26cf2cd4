import { Alert, Button, Code, Group, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { snippetOf } from '@/goals/model';
import { AppLink, confirmConsequence, CopyButton, doneToast, failToast, Loaded, paths, Time } from '@/kit';
import { elementOf, signings, type Site } from './model';

function Copied({ label, text, note }: { label: string; text: string; note?: string }) {
  return (
    <Stack gap={4}>
      <Group justify="space-between" wrap="nowrap"><Text size="sm" fw={500}>{label}</Text><CopyButton value={text} label={`Copy: ${label}`} /></Group>
      {note && <Text size="xs" c="dimmed">{note}</Text>}
      <Code block tabIndex={0}>{text}</Code>
    </Stack>
  );
}

/** The secret of a site: made here, told once. */
function Secret({ site }: { site: Site }) {
  const can = useCan('events:update');
  const make = useAction({ refresh: [['sites']], run: (keep: boolean, { headers }) => ok(api.POST('/api/v1/placements/sites/{key_id}/secret', { params: { path: { key_id: site.key_id } }, body: { keep_former: keep }, headers })) });
  const run = (keep: boolean) => { make.mutate(keep, { onSuccess: () => { doneToast('Secret made'); }, onError: failToast }); };
  const leaked = () => void confirmConsequence({ title: 'Replace the secret at once?', body: 'What the present secret has signed is refused from now on, and your site shows nobody anything until it has the new one.', action: 'Replace at once', keep: 'Keep it' }).then((yes) => { if (yes) run(false); });
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>The secret of the site</Text>
      <Text size="xs" c="dimmed">Your back end signs who is signed in, so that nobody can pass for somebody else. It belongs on your server, never into a page.</Text>
      {make.data && <Alert color="moss" title="Copy it now: it is not shown again"><Group justify="space-between" wrap="nowrap"><Code style={{ overflowWrap: 'anywhere' }}>{make.data.secret}</Code><CopyButton value={make.data.secret} label="Copy the secret" /></Group></Alert>}
      {site.secret_since ? <Text size="sm">Made <Time value={site.secret_since} />{site.former_until && <>; the one before holds until <Time value={site.former_until} mode="absolute" /></>}</Text> : <Text size="sm">There is none yet: only visitors who came by a link of a mail are known.</Text>}
      {can && <Group gap="xs">
        <Button variant="default" loading={make.isPending} onClick={() => { run(true); }}>{site.secret_since ? 'Replace the secret' : 'Make a secret'}</Button>
        {site.secret_since && <Button variant="subtle" color="clay" onClick={leaked}>It has leaked…</Button>}
      </Group>}
    </Stack>
  );
}

/** How a slot comes into a page: the script, the element, and how visitors are signed. */
export function SlotCode({ databaseId, slotKey }: { databaseId: number; slotKey: string }) {
  const [chosen, choose] = useState<string | null>(null);
  const [language, setLanguage] = useState('php');
  const query = useQuery({ queryKey: ['sites', databaseId], queryFn: ({ signal }) => ok(api.GET('/api/v1/placements/sites', { params: { query: { database: databaseId, limit: 1000 } }, signal })) });
  return (
    <Loaded query={query} what="the sites">
      {({ items }) => {
        const site = items.find((s) => String(s.key_id) === chosen) ?? items[0];
        const goals = <AppLink href={`${paths.goals(databaseId)}?drawer=goal:site`}>Put it on your site</AppLink>;
        if (!site) return <Text>Your site needs a write key and its script first: {goals}.</Text>;
        return (
          <Stack gap="lg">
            {items.length > 1 && <Select label="Site" data={items.map((s) => ({ value: String(s.key_id), label: s.name }))} value={String(site.key_id)} allowDeselect={false} onChange={choose} />}
            {site.domains.length === 0 && <Alert color="marigold" title="No site is named yet">Content is given to pages of your own sites only. Name them under {goals}.</Alert>}
            <Copied label="On every page, before </head>" note="The same script as for goals; it is needed once." text={snippetOf(globalThis.location.origin, site.key)} />
            <Copied label="Where the content belongs" note="What you put inside is shown to everybody else." text={elementOf(slotKey)} />
            <Secret site={site} />
            <Stack gap={4}>
              <Group justify="space-between"><Text size="sm" fw={500}>In your back end, for who is signed in</Text><SegmentedControl size="xs" aria-label="Language" value={language} onChange={setLanguage} data={signings.map((s) => ({ value: s.value, label: s.label }))} /></Group>
              <Copied label="Sign for an hour, by external id" text={signings.find((s) => s.value === language)?.text ?? ''} />
            </Stack>
            <Copied label="On the page" note="In any element; or fidelia.visitor('…') once somebody signs in without a new page." text={'<body data-fidelia-visitor="…what was signed…">'} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
