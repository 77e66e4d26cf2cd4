import { Alert, Code, Stack, Text } from '@mantine/core';
import { IconMailOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Details, doneToast, failToast, FirstUse, ListPage, Loaded, MenuActions, NO_VALUE, paths, SideDrawer, Time, ToneBadge, useDrawer, useListState, type Column, type Crumb, type PageAction } from '@/kit';
import { outcomeOf, outcomeOptions, sourceWords, type ReturnedMail } from './model';
import { ProvidersDrawer } from './Providers';

function Outcome({ of }: { of: ReturnedMail }) {
  const { word, tone } = outcomeOf(of);
  return <ToneBadge tone={tone}>{word}</ToneBadge>;
}

const Short = ({ text }: { text: string }) => (text ? <Text size="sm" truncate maw={150} title={text}>{text}</Text> : NO_VALUE);

function Detail({ id }: { id: number }) {
  const query = useQuery({ queryKey: ['returned-mail', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/messages/bounces/{mail_id}', { params: { path: { mail_id: id } }, signal })) });
  return (
    <Loaded query={query} what="the returned mail">
      {(mail) => (
        <Stack>
          <Details items={[
            ['What became of it', <Outcome key="o" of={mail} />], ['Why', mail.reason], ['Status', mail.code || NO_VALUE],
            ['Mailing', mail.mailing_id === null ? NO_VALUE : <AppLink key="m" href={`${paths.mailing(mail.mailing_id)}?tab=report`}>{mail.mailing_name ?? `Mailing ${mail.mailing_id}`}</AppLink>],
            ['Person', mail.profile_id === null || mail.database_id === null ? NO_VALUE : <AppLink key="p" href={paths.profile(mail.database_id, mail.profile_id)}>Open the profile</AppLink>],
            ['From', mail.sender || NO_VALUE], ['Subject', mail.subject || NO_VALUE], ['Came', <Time key="t" value={mail.received_at} mode="absolute" seconds />], ['How', sourceWords(mail.source)],
          ]} />
          {mail.outcome === 'unreadable' && <Alert color="iris">Nothing has followed from this mail. If it says that an address is dead, put it on a stop list by hand.</Alert>}
          {mail.content !== null && <><Text fw={600} size="sm">What came in</Text><Code block style={{ maxHeight: 480, overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{mail.content}</Code></>}
        </Stack>
      )}
    </Loaded>
  );
}

/** Everything that came back; a page of the settings. */
export function ReturnedList({ crumbs }: { crumbs: readonly Crumb[] }) {
  const state = useListState({ defaultSort: '-received_at' });
  const drawer = useDrawer('mail');
  const providers = useDrawer('providers');
  const canDelete = useCan('senders:delete');
  const canSetUp = useCan('senders:update');
  const query = useList<ReturnedMail>(['returned-mail', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/messages/bounces', { params: { query: { ...state.params, limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const remove = useAction({ refresh: [['returned-mail']], run: (id: number) => ok(api.DELETE('/api/v1/messages/bounces/{mail_id}', { params: { path: { mail_id: id } } })) });
  const actions = (mail: ReturnedMail): PageAction[] => [
    { label: 'Open', onClick: () => { drawer.open(mail.id); } },
    ...(canDelete ? [{
      label: 'Delete…', danger: true,
      onClick: () => void confirmConsequence({ title: 'Delete this returned mail?', body: 'It leaves this list only. What has followed from it stays: the figures of the mailing, and the address on its stop list.', action: 'Delete mail', keep: 'Keep it' })
        .then((yes) => { if (yes) remove.mutate(mail.id, { onSuccess: () => { doneToast('Returned mail deleted'); }, onError: failToast }); }),
    }] : []),
  ];
  const columns: Column<ReturnedMail>[] = [
    { key: 'reason', header: 'Why', cell: (mail) => <Text size="sm" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>{mail.reason}</Text> },
    { key: 'outcome', header: 'What became of it', cell: (mail) => <Outcome of={mail} />, priority: 1 },
    { key: 'code', header: 'Status', cell: (mail) => mail.code || NO_VALUE, priority: 3 },
    { key: 'mailing', header: 'Mailing', cell: (mail) => (mail.mailing_id === null ? NO_VALUE : <span data-above><AppLink href={`${paths.mailing(mail.mailing_id)}?tab=report`}>{mail.mailing_name ?? `Mailing ${mail.mailing_id}`}</AppLink></span>), priority: 2 },
    { key: 'sender', header: 'From', sort: 'sender', cell: (mail) => <Short text={mail.sender} />, priority: 3 },
    { key: 'subject', header: 'Subject', sort: 'subject', cell: (mail) => <Short text={mail.subject} />, priority: 3 },
    { key: 'at', header: 'Came', sort: 'received_at', cell: (mail) => <Time value={mail.received_at} />, priority: 2 },
    { key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (mail) => <span data-above><MenuActions actions={actions(mail)} label={`Actions for the mail ${mail.id}`} /></span> },
  ];
  return (
    <>
      <ListPage<ReturnedMail> name="returned-mail" title="Returned mail" crumbs={crumbs} secondary={canSetUp ? [{ label: 'Provider addresses', onClick: () => { providers.open(); } }] : []} noun={{ one: 'returned mail', many: 'returned mails' }} query={query} state={state} columns={columns} rowKey={(mail) => mail.id} rowLabel={(mail) => mail.reason}
        rowHref={(mail) => `${paths.settings('returned')}?drawer=mail:${mail.id}`} searchLabel="Search reason, sender, subject"
        filters={[{ key: 'outcome', label: 'What became of it', options: outcomeOptions }]}
        help={{ text: 'Bounces and complaints come in here. After a hard bounce the address goes on the stop list Hard bounces, after five soft ones in a row too; somebody who complains is unsubscribed. What could not be understood waits here for you to look at.' }}
        empty={<FirstUse icon={IconMailOff} title="Nothing has come back yet" text="Set a return path domain (smtp.return_path_domain), and let its mail come to this installation: bounces and complaints are read, counted and acted on." primary={{ label: 'See stop lists', href: `${paths.consent()}?tab=stop` }} />} />
      <ProvidersDrawer />
      <SideDrawer name="mail" right="senders:read" title="Returned mail">{(id) => <Detail id={Number(id)} />}</SideDrawer>
    </>
  );
}
