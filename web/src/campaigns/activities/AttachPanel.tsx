import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { announce, AppLink, doneToast, failToast, Loaded, paths, StateBadge } from '@/kit';
import { isOpen, type Campaign } from '../model';
import { activityKind, keyOf, type Candidate } from './model';
import css from '../campaigns.module.css';

function Row({ candidate, busy, onAttach }: { candidate: Candidate; busy: boolean; onAttach: () => void }) {
  const { name, reason } = candidate;
  return (
    <li className={css.candidate} data-refused={reason !== null}>
      <div className={css.grow} style={{ flexBasis: 200 }}>
        <Text {...(reason === null ? {} : { c: 'dimmed' })}>{candidate.kind === 'mailing' ? <AppLink href={paths.mailing(candidate.id)} {...(reason === null ? {} : { c: 'dimmed' })}>{name}</AppLink> : name}</Text>
        <Text size="xs" c="dimmed">{activityKind(candidate)}{reason !== null && <>{' · '}{reason}</>}</Text>
      </div>
      <StateBadge state={candidate.state} size="sm" />
      {reason === null && <Button size="compact-sm" variant="default" loading={busy} onClick={onAttach} aria-label={`Attach ${name}`}>Attach</Button>}
    </li>
  );
}

/** Everything that sends something: what can be attached to the campaign, and what cannot with the reason. */
export function AttachPanel({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const path = { campaign_id: campaign.id };
  const query = useList<Candidate>(['campaigns', campaign.id, 'candidates', q], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/campaigns/{campaign_id}/activities/candidates', { params: { path, query: { limit, ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) } }, signal })));
  const attach = useAction({
    refresh: [['campaigns'], ['mailings']],
    run: (c: Candidate, { headers }) => ok(api.POST('/api/v1/campaigns/{campaign_id}/activities', { params: { path }, body: { kind: 'mailing', id: c.id }, headers })),
    onDone: (_, c) => { doneToast(`${c.name} attached`); announce(`${c.name} attached`); },
  });
  if (!isOpen(campaign)) return <Text c="dimmed">This campaign is over: nothing can be added to it.</Text>;
  return (
    <Stack gap="sm">
      <Text>What is attached goes to people of {campaign.name} only{campaign.control ? ', and not to those who are kept back' : ''}. It must not have been started before.</Text>
      <TextInput label="Find an activity" leftSection={<IconSearch size={16} aria-hidden="true" />} value={typed} onChange={(event) => { setTyped(event.currentTarget.value); }} />
      <Loaded query={query} what="what could be attached">
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Text c="dimmed">{q ? `Nothing is called “${q}”.` : 'There is no mailing in this database yet. Make one here instead.'}</Text>;
          return (
            <>
              <ul className={css.plain} style={{ gap: 0 }} aria-label="Activities">
                {items.map((c) => <Row key={keyOf(c)} candidate={c} busy={attach.isPending && keyOf(attach.variables) === keyOf(c)} onAttach={() => { attach.mutate(c, { onError: failToast }); }} />)}
              </ul>
              {query.hasNextPage && <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Load more</Button>}
            </>
          );
        }}
      </Loaded>
      <div><Button variant="default" onClick={onClose}>Done</Button></div>
    </Stack>
  );
}
