import { Alert, Stack, TagsInput, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useMe } from '@/api/session';
import { useChannelOf } from '@/channels/model';
import { AppForm, AppLink, paths, useAnnounce, useAppForm } from '@/kit';

interface Values extends Record<string, unknown> { to: string[] }

/** Sends the message to a few addresses, as a chosen person would get it. */
export function TestSend({ templateId, mailingId, channelKey, databaseId, profileId, onCancel }: { templateId?: number; mailingId?: number; channelKey: string; databaseId: number | null; profileId: number | null; onCancel: () => void }) {
  const me = useMe();
  const mails = channelKey === 'email', contact = useChannelOf(channelKey)?.definition.contact;
  const form = useAppForm<Values>({ initialValues: { to: mails && me?.email ? [me.email] : [] }, check: (v) => ({ to: v.to.length > 0 ? null : mails ? 'Enter at least one address' : 'Enter at least one contact' }) });
  const send = useAction({
    refresh: [['mailbox']],
    run: (v: Values, { headers }) => {
      const body = { to: v.to, database_id: databaseId, profile_id: profileId, from_email: '', from_name: '' };
      return mailingId === undefined
        ? ok(api.POST('/api/v1/templates/{template_id}/test-send', { params: { path: { template_id: templateId ?? 0 } }, body, headers }))
        : ok(api.POST('/api/v1/mailings/{mailing_id}/test-send', { params: { path: { mailing_id: mailingId } }, body, headers }));
    },
  });
  useAnnounce(send.data?.items.map((result) => (result.sent ? `Sent to ${result.address}` : `${result.address}: ${result.reason ?? 'refused'}`)).join('. '));
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel="Send test" onCancel={onCancel} onSave={async (v) => { await send.mutateAsync(v); }}>
      {!mails && <Text size="sm" c="dimmed">Each of them really gets a message.</Text>}
      <TagsInput label={mails ? 'To' : `To (${(contact?.label ?? 'contact').toLowerCase()})`} placeholder={contact?.example ?? ''} description="Enter adds one; nothing of this is counted" {...form.form.getInputProps('to')} />
      <Stack gap="xs">
        {send.data?.items.map((result, n) => (
          <Alert key={n} color={result.sent ? 'moss' : 'clay'}>{result.sent ? <>Sent to {result.address}. {mails && <AppLink href={paths.mailbox()}>Open the mailbox</AppLink>}</> : `${result.address}: ${result.reason ?? 'refused'}`}</Alert>
        ))}
      </Stack>
    </AppForm>
  );
}
