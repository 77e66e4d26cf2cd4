import { ActionIcon, Group, Popover, RingProgress, ScrollArea, Stack, Text } from '@mantine/core';
import { useDisclosure, useLocalStorage } from '@mantine/hooks';
import { IconCheck, IconProgress, IconX } from '@tabler/icons-react';
import { ended, useHearing, useJobs, type Job } from '@/api/jobs';
import { useCan } from '@/api/session';
import { AppLink, CancelJob, IconButton, JobBar, paths, progressWords, shareOf, StateBadge, Time } from '@/kit';

function Row({ job, onOpen, onSeen }: { job: Job; onOpen: () => void; onSeen: () => void }) {
  return (
    <div role="group" aria-label={job.title}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <div onClick={onOpen} style={{ minWidth: 0 }}><AppLink href={job.link ?? paths.job(job.id)} fw={550}>{job.title}</AppLink></div>
        {ended(job) ? (
          <Group gap={4} wrap="nowrap"><StateBadge state={job.state} size="sm" /><IconButton label={`Dismiss ${job.title}`} size="sm" onClick={onSeen}><IconX size={12} /></IconButton></Group>
        ) : <CancelJob job={job} compact />}
      </Group>
      {!ended(job) && <JobBar job={job} size={4} />}
      <Text size="xs" c={job.error ? 'error' : 'dimmed'} lineClamp={2}>
        {job.error ?? (ended(job) ? <Time value={job.finished_at} /> : progressWords(job, new Date()) || (job.state === 'queued' ? 'Waiting for its turn' : 'Working'))}
      </Text>
    </div>
  );
}

/** The ring in the top bar: what runs now, with Cancel; what ended, until it was seen. */
export function JobTray() {
  const can = useCan('jobs:read');
  const jobs = useJobs(), { known, error } = useHearing();
  const [open, tray] = useDisclosure(false);
  const [seen, setSeen] = useLocalStorage<string[]>({ key: 'fidelia.jobs.seen', defaultValue: [], getInitialValueInEffect: false });
  if (!can) return null;
  const running = jobs.filter((job) => !ended(job));
  const fresh = jobs.filter((job) => ended(job) && !seen.includes(job.id));
  const see = (ids: readonly string[]) => { setSeen((before) => [...before, ...ids].slice(-200)); };
  const close = () => {
    tray.close();
    see(fresh.filter((job) => job.state !== 'failed').map((job) => job.id));
  };
  const shares = running.map((job) => shareOf(job) ?? 0);
  const progress = running.length > 0 ? (shares.reduce((a, b) => a + b, 0) / running.length) * 100 : 0;
  const failed = fresh.filter((job) => job.state === 'failed').length;
  const label = running.length > 0 ? `${running.length} ${running.length === 1 ? 'job' : 'jobs'} running` : failed > 0 ? `${failed} failed ${failed === 1 ? 'job' : 'jobs'}` : 'Jobs';
  return (
    <Popover opened={open} onChange={(next) => { if (next) tray.open(); else close(); }} position="bottom-end" width={360} shadow="md" trapFocus>
      <Popover.Target>
        <ActionIcon aria-label={label} title={label} onClick={open ? close : tray.open} {...(running.length === 0 && failed > 0 ? { color: 'clay' } : {})}>
          {running.length > 0
            ? <RingProgress size={28} thickness={3} sections={[{ value: Math.max(4, progress), color: 'var(--fd-fill)' }]} label={<Text size="xs" ta="center" fw={650} className="fd-num">{running.length}</Text>} />
            : <IconProgress size={20} />}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="sm">
        <Group justify="space-between" mb="xs"><Text fw={620}>Jobs</Text><div onClick={close}><AppLink href={paths.jobs()}>All jobs</AppLink></div></Group>
        <ScrollArea.Autosize mah={400}>
          <Stack gap="sm">
            {[...running, ...fresh].map((job) => <Row key={job.id} job={job} onOpen={close} onSeen={() => { see([job.id]); }} />)}
            {running.length + fresh.length === 0 && (known ? <Group gap="xs" c="dimmed"><IconCheck size={16} /><Text>Nothing is running</Text></Group>
              : <Text c="dimmed">{error ? 'What runs could not be asked. It is asked again by itself.' : 'Asking what runs…'}</Text>)}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
