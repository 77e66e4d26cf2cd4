import { Alert, Code, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmConsequence, Details, doneToast, failToast, FirstUse, formatCount, ListPage, Loaded, named, Page, paths, Section, SkeletonText, Time, useIdParam, useListState, type Column } from '@/kit';
import { MailFrame } from './MailFrame';
import { useMailing, type CapturedMail } from './model';

const columns: Column<CapturedMail>[] = [
  { key: 'subject', header: 'Subject', sort: 'subject', cell: (m) => m.subject || '(no subject)' },
  { key: 'to', header: 'To', sort: 'to', cell: (m) => m.recipients.join(', '), priority: 2 },
  { key: 'from', header: 'From', sort: 'sender', cell: (m) => m.sender, priority: 3 },
  { key: 'mailing', header: 'Mailing', cell: (m) => (m.mailing_id ? <span data-above><MailingLink id={m.mailing_id} /></span> : 'test'), priority: 3 },
  { key: 'at', header: 'Received', sort: 'received_at', cell: (m) => <Time value={m.received_at} />, priority: 1 },
];

function useMailboxState() {
  return useQuery({ queryKey: ['mailbox', 'state'], queryFn: ({ signal }) => ok(api.GET('/api/v1/mailbox/state', { signal })), staleTime: 60_000 }).data;
}

/** Mails that were caught instead of delivered. */
export function MailboxPage() {
  const state = useListState({ defaultSort: '-received_at' });
  const canDelete = useCan('mailbox:delete');
  const about = useMailboxState();
  const { mailing, ...params } = state.params;
  const chosen = useMailing(Number(mailing ?? 0), mailing !== undefined).data?.name;
  const query = useList<CapturedMail>(['mailbox', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/mailbox', {
    params: { query: { ...params, limit, ...(mailing ? { mailing: Number(mailing) } : {}), ...(cursor ? { cursor } : {}) } }, signal,
  })), { refetchInterval: 5000 });
  const clear = useAction({ refresh: [['mailbox']], run: () => ok(api.DELETE('/api/v1/mailbox', {})) });
  const ask = async () => {
    const all = await ok(api.GET('/api/v1/mailbox', { params: { query: { limit: 1 } } })).then((page) => page.total ?? null).catch((error: unknown) => { failToast(error); return null; });
    if (all === null) return;
    const mails = formatCount(all, 'mail', 'mails');
    const yes = await confirmConsequence({
      title: `Delete ${mails}?`, action: `Delete ${mails}`, keep: 'Keep the mails',
      body: `Everything that was caught goes${state.narrowed ? ', not only what is shown now' : ''}. This cannot be undone. Reports keep their figures.`,
    });
    if (yes) clear.mutate(undefined, { onSuccess: () => { doneToast('The mailbox is empty'); }, onError: failToast });
  };
  return (
    <ListPage<CapturedMail> name="mailbox" title="Mailbox" noun={{ one: 'mail', many: 'mails' }} query={query} state={state} columns={columns} rowKey={(m) => m.id} rowLabel={(m) => m.subject} rowHref={(m) => `${paths.mailbox()}/${m.id}`}
      searchLabel="Search subject or address" menu={canDelete ? [{ label: 'Empty mailbox…', danger: true, onClick: () => void ask() }] : []}
      filters={mailing ? [{ key: 'mailing', label: 'Mailing', options: [{ value: mailing, label: chosen ?? '…' }] }] : []}
      extra={about?.captures && <Text size="xs" c="dimmed">Mails are caught here, not delivered: no mail server is set.</Text>}
      help={{ text: 'Without a mail server Fidelia catches what it sends, so that you can look at real mails. Links work, and opening one here counts as an open.' }}
      empty={<FirstUse icon={IconInbox} title="No mail was caught yet" text={about?.captures === false ? 'A mail server is set, so mails go out to people.' : 'Send a mailing or a test: it lands here instead of going out.'} primary={{ label: 'See mailings', href: paths.mailings() }} />} />
  );
}

/** The mailing by its name, for who may read it. */
function MailingLink({ id }: { id: number }) {
  const query = useMailing(id);
  const name = query.data?.name;
  return <AppLink href={paths.mailing(id)}>{name ?? (query.isLoading ? <SkeletonText /> : `Mailing ${id}`)}</AppLink>;
}

function Body({ id }: { id: number }) {
  const [view, setView] = useState('640');
  const query = useQuery({ queryKey: ['mailbox', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/mailbox/{mail_id}', { params: { path: { mail_id: id } }, signal })) });
  const source = useQuery({ queryKey: ['mailbox', id, 'source'], enabled: view === 'source', queryFn: ({ signal }) => ok(api.GET('/api/v1/mailbox/{mail_id}/source', { params: { path: { mail_id: id } }, parseAs: 'text', signal })) });
  return (
    <Loaded query={query} what="the mail">
      {(mail) => (
        <Stack>
          <Section>
            <Details items={[
              ['To', mail.recipients.join(', ')], ['From', mail.sender], ['Received', <Time key="t" value={mail.received_at} mode="absolute" seconds />],
              ['Mailing', mail.mailing_id && <MailingLink key="m" id={mail.mailing_id} />], ['Size', `${(mail.size / 1024).toFixed(1)} KB`],
            ]} />
          </Section>
          <Group><SegmentedControl aria-label="View" value={view} onChange={setView} data={[{ value: '640', label: 'Desktop' }, { value: '375', label: 'Phone' }, { value: 'text', label: 'Text' }, { value: 'source', label: 'Source' }, { value: 'headers', label: 'Headers' }]} /></Group>
          {(view === '640' || view === '375') && (mail.html ? <MailFrame links html={mail.html} title={mail.subject} {...(view === '375' ? { width: 375 } : {})} /> : <Alert>This mail has no HTML part.</Alert>)}
          {view === 'text' && <Code block tabIndex={0}>{mail.text || 'This mail has no text part.'}</Code>}
          {view === 'source' && <Loaded query={source} what="the source">{(text) => <Code block tabIndex={0}>{text}</Code>}</Loaded>}
          {view === 'headers' && <Section><Details items={mail.headers.map((h) => [h.name, h.value] as const)} /></Section>}
        </Stack>
      )}
    </Loaded>
  );
}

/** One caught mail, as its reader would see it. */
export function MailPage() {
  const id = useIdParam('mailId');
  const query = useQuery({ queryKey: ['mailbox', id], queryFn: ({ signal }) => ok(api.GET('/api/v1/mailbox/{mail_id}', { params: { path: { mail_id: id } }, signal })) });
  const mail = query.data;
  return <Page title={named(query, (found) => found.subject, 'Mail')} crumbs={[{ label: 'Mailbox', href: paths.mailbox() }]} facts={mail ? [mail.recipients.join(', '), <Time key="t" value={mail.received_at} />] : []}><Body id={id} /></Page>;
}
