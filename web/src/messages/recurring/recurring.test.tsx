import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { renderPage, type Answer } from '@/test/render';
import { TimingFields } from '../timing/TimingFields';
import { timingWords, type Timing } from '../timing/model';
import { LaunchFields } from './LaunchFields';
import { launchWords, type LaunchSchedule } from './model';

const server: Answer = ({ path }) => (path === '/api/v1/mailings/launches' ? { body: { launches: ['2026-11-23T08:00:00Z', '2026-11-30T08:00:00Z'] } } : { body: {} });

function Schedule() {
  const [schedule, setSchedule] = useState<LaunchSchedule | null>(null);
  return <><LaunchFields schedule={schedule} zone="Europe/Oslo" databaseId={1} errors={new Map()} onChange={setSchedule} /><output data-testid="held">{JSON.stringify(schedule)}</output></>;
}

function Times() {
  const [timing, setTiming] = useState<Timing>({});
  return <><TimingFields timing={timing} zone="Europe/Oslo" errors={new Map()} onChange={setTiming} /><output data-testid="held">{JSON.stringify(timing)}</output></>;
}

const held = () => JSON.parse(screen.getByTestId('held').textContent) as unknown;

describe('when a recurring mailing is launched', () => {
  it('is chosen, and its next launches are shown in its zone', async () => {
    await renderPage(<Schedule />, { reply: server });
    await userEvent.click(screen.getByRole('switch', { name: 'Launch on a schedule' }));
    expect(await screen.findByText('Mon 23 Nov 2026, 09:00')).toBeVisible();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Monday' }));
    await userEvent.click(screen.getByRole('combobox', { name: 'Days of the month' }));
    await userEvent.click(await screen.findByRole('option', { name: '15' }));
    expect(held()).toEqual({ at: '03:00', weekdays: ['monday'], month_days: [15] });
    expect(screen.getByText('Runs every Monday at 03:00 Europe/Oslo, when it is day 15 of the month.')).toBeVisible();
  });

  it('is said in words', () => {
    expect(launchWords(null, 'UTC')).toBe('only when somebody launches it');
    expect(launchWords({ at: '09:00', month_days: [15, 1] }, 'UTC')).toBe('on day 1 and 15 of the month at 09:00 UTC');
    expect(launchWords({ at: '09:00', weekdays: ['friday'] }, 'UTC')).toBe('every Friday at 09:00 UTC');
  });
});

describe('when mails reach people', () => {
  it('is set, and said in words', async () => {
    await renderPage(<Times />, { reply: server });
    await userEvent.click(screen.getByRole('switch', { name: /^At each person/u }));
    await userEvent.click(screen.getByRole('switch', { name: /^Quiet hours/u }));
    await userEvent.click(screen.getByRole('switch', { name: /^So many/u }));
    expect(held()).toEqual({ local_time: true, quiet: { from: '22:00', to: '08:00', zone: 'recipient' }, cycles: { limit: 500, hours: 24, growth: 20, growth_in: 'percent' } });
    expect(screen.getByText('Sent at each person’s local time; not between 22:00 and 08:00 where they are; 500 people a day, 20 % more each time.')).toBeVisible();
    await userEvent.click(screen.getByRole('switch', { name: /^Quiet hours/u }));
    expect(held()).toMatchObject({ quiet: null });
  });

  it('says nothing when there is nothing to say', () => {
    expect(timingWords({})).toBe('');
    expect(timingWords({ cycles: { limit: 10, hours: 1, growth: 5, growth_in: 'people' } })).toBe('10 people an hour, 5 more each time');
  });
});
