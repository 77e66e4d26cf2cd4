import type { ChartProps } from '@/kit';

const days = Array.from({ length: 30 }, (_, i) => `${i + 1} Nov`);
const wave = (low: number, span: number, step: number) => days.map((_, i) => Math.round(low + span * (1 + Math.sin(i / step))));

export const charts: readonly ChartProps[] = [
  { title: 'Size of the segment', note: 'People · days in Europe/Oslo', description: 'The segment grew from 300 to 342 people in November.', spec: { kind: 'line', x: days, xLabel: 'Day', series: [{ name: 'People', values: wave(300, 20, 4) }] } },
  { title: 'Test group buys more', note: 'Buyers a day', description: 'Buyers a day in the test and the control group.', spec: { kind: 'line', x: days, xLabel: 'Day', series: [{ name: 'Test', values: wave(60, 12, 5) }, { name: 'Control', values: wave(40, 9, 5), role: 'control' }] } },
  { title: 'Opens and clicks by day', description: 'Opens and clicks by day of opening.', spec: { kind: 'stacked', x: days, xLabel: 'Day', series: [{ name: 'Opened', values: wave(20, 40, 3) }, { name: 'Clicked', values: wave(4, 9, 3) }] } },
  { title: 'Who was left out?', note: 'People', description: '1,284 people, of whom 1,120 get the mailing.', spec: { kind: 'waterfall', label: 'Step', value: 'People', steps: [{ label: 'Coupon lovers', value: 1284, total: true }, { label: 'Control group', value: -64 }, { label: 'Not subscribed', value: -76 }, { label: 'Stop list', value: -14 }, { label: 'Frequency', value: -10 }, { label: 'Will get it', value: 1120, total: true }] } },
  { title: 'People by city', description: 'Most people live in Oslo.', spec: { kind: 'bar', label: 'City', value: 'People', rows: [{ label: 'Oslo', value: 620 }, { label: 'Bergen', value: 412 }, { label: 'Trondheim', value: 201 }] } },
  { title: 'True effect', description: 'The effect lies between 0.6 and 4.5 points.', spec: { kind: 'interval', label: 'Figure', rows: [{ label: 'Bought', low: 0.6, mid: 2.8, high: 4.5 }, { label: 'Returned', low: 0.1, mid: 0.4, high: 0.9 }] } },
];
