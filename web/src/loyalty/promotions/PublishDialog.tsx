import { Alert, Anchor, Button, Group, List, Modal, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { formatAmount, paths, rememberFocus, useAnnounce, useTold } from '@/kit';
import { differenceWords, useCases } from '../testing/cases';
import { checkWords, usePublishCheck, type Check } from './trying';

type Item = Check['items'][number];

/** What is paid stands beside the name; the points of one promotion are told with those of all. */
const tells = (found: Item['differences'][number]): boolean => found.label !== 'To pay' && (found.kind !== 'points' || /^(Earns|Pays with) /.test(found.label));

function Case({ item, programId }: { item: Item; programId: number }) {
  const money = (text: string | null) => (text === null ? 'could not be worked out' : formatAmount(text, item.currency));
  return (
    <List.Item>
      <Group gap="xs" justify="space-between" align="baseline" wrap="nowrap">
        <Anchor href={`${paths.loyaltyTest(programId)}&case=${String(item.case)}`} target="_blank" style={{ overflowWrap: 'anywhere' }}>{item.name}</Anchor>
        {item.state === 'changed' && <Text span className="fd-num" style={{ flex: 'none' }}>{item.before === item.after ? money(item.after) : `${money(item.before)} → ${money(item.after)}`}</Text>}
      </Group>
      <Text size="sm" c="dimmed">{item.state === 'failed' ? item.problem : item.differences.filter(tells).slice(0, 3).map((found) => differenceWords(found, item.currency)).join(' · ')}</Text>
    </List.Item>
  );
}

interface Props { programId: number; promotion: number; name: string; at: string | null; when: string; publishing: boolean; publish: () => void; close: () => void }

/** Before a draft is published: which saved cases it would change. It blocks nothing. */
export function PublishDialog({ programId, promotion, name, at, when, publishing, publish, close }: Props) {
  useEffect(() => rememberFocus(), []);
  const cases = useCases(programId);
  const [done, setDone] = useState(0);
  const query = usePublishCheck(promotion, at, cases.data?.map((one) => one.id), setDone);
  const error = cases.error ?? query.error, all = cases.data?.length ?? 0;
  useTold(error);
  useAnnounce(query.data && checkWords(query.data));
  const changed = query.data?.filter((one) => one.state === 'changed') ?? [], failed = query.data?.filter((one) => one.state === 'failed') ?? [];
  return (
    <Modal opened onClose={close} size="lg" title={`Publish ${name}?`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <Text>{at === null ? 'The next order goes by it.' : `Orders go by it from ${when} on.`}</Text>
        {error && <Alert color="clay" title="The saved cases could not be checked">{error.message}. Publishing is still possible.</Alert>}
        {!error && !query.data && (
          <div>
            <Text size="sm" mb={4}>Running the saved cases: {done} of {all}</Text>
            <Progress value={all ? (done / all) * 100 : 0} aria-label="Saved cases" />
          </div>
        )}
        {query.data && (
          <div data-testid="check">
            <Text fw={550}>{checkWords(query.data)}</Text>
            {changed.length > 0 && <List listStyleType="none" mt="xs" spacing="xs" styles={{ itemWrapper: { display: 'block' }, itemLabel: { display: 'block' } }} aria-label="Cases that change">{changed.map((item) => <Case key={item.case} item={item} programId={programId} />)}</List>}
            {failed.length > 0 && <>
              <Text fw={550} mt="sm">{failed.length === 1 ? '1 cannot be worked out.' : `${String(failed.length)} cannot be worked out.`}</Text>
              <List listStyleType="none" mt="xs" spacing="xs" styles={{ itemWrapper: { display: 'block' }, itemLabel: { display: 'block' } }} aria-label="Cases that cannot be worked out">{failed.map((item) => <Case key={item.case} item={item} programId={programId} />)}</List>
            </>}
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>Keep the draft</Button>
          <Button disabled={!error && !query.data} loading={publishing} onClick={publish}>{at === null ? 'Publish' : `Publish for ${when}`}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
