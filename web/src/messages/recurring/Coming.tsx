import { Text } from '@mantine/core';
import { SkeletonText, Time } from '@/kit';
import { useTold } from '@/kit/states/told';
import { useComing, type LaunchSchedule } from './model';

/** The next launches in words: `Mon 24 Nov 2026, 09:00 · Tue 25 Nov 2026, 09:00` */
export function Coming({ databaseId, schedule, zone }: { databaseId: number; schedule: LaunchSchedule; zone: string }) {
  const { data, isFetching, error } = useComing(databaseId, schedule);
  useTold(error); // the fields say what is wrong with it when it is saved
  const own = schedule.timezone ?? zone;
  if (error) return <Text size="sm" c="dimmed">The next launches are shown once the schedule is complete.</Text>;
  if (!data) return isFetching ? <Text size="sm"><SkeletonText /></Text> : null;
  if (data.launches.length === 0) return <Text size="sm" c="dimmed">No launch is left.</Text>;
  return <Text size="sm">Next: {data.launches.map((at, i) => <span key={at}>{i > 0 && ' · '}<Time value={at} mode="absolute" zone={own} /></span>)}</Text>;
}
