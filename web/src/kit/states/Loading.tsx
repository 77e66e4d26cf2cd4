import { Group, Paper, Progress, Skeleton, Stack } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';

/** Nothing for 200 ms; only what takes longer shows that it is loading. */
export function Delayed({ ms = 200, children }: { ms?: number; children: ReactNode }) {
  const [due, setDue] = useState(ms <= 0);
  useEffect(() => {
    const timer = setTimeout(() => { setDue(true); }, ms);
    return () => { clearTimeout(timer); };
  }, [ms]);
  return due ? <div role="status" aria-label="Loading">{children}</div> : null;
}

/** One word to come, inside a line of text. */
export const SkeletonText = ({ width = 96 }: { width?: number }) => <Skeleton component="span" height={12} width={width} maw="100%" style={{ display: 'inline-block', verticalAlign: 'middle' }} />;

/** The shape of a table to come. */
export function SkeletonRows({ rows = 8, height = 44 }: { rows?: number; height?: number }) {
  return (
    <Paper>
      {Array.from({ length: rows }, (_, i) => (
        <Group key={i} h={height} px="md" gap="xl" wrap="nowrap" style={{ borderTop: i === 0 ? undefined : '1px solid var(--fd-hairline)' }}>
          <Skeleton height={12} width={`${24 + ((i * 7) % 18)}%`} /><Skeleton height={12} width="12%" /><Skeleton height={12} width="16%" />
        </Group>
      ))}
    </Paper>
  );
}

/** The shape of a form or a card to come. */
export function SkeletonPanel({ lines = 4 }: { lines?: number }) {
  return (
    <Paper p="lg">
      <Stack gap="md">
        <Skeleton height={18} width="32%" />
        {Array.from({ length: lines }, (_, i) => <Skeleton key={i} height={12} width={`${88 - ((i * 17) % 40)}%`} />)}
      </Stack>
    </Paper>
  );
}

/** 2 px over old data while new data is fetched; the old data stays. Lies over its nearest positioned parent. */
export function RefetchBar({ on }: { on: boolean }) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => { setDue(true); }, 200);
    return () => { clearTimeout(timer); setDue(false); };
  }, [on]);
  return (
    <div style={{ position: 'absolute', insetInline: 0, top: 0, height: 2, zIndex: 2 }} aria-hidden="true">
      {on && due && <Progress value={100} size={2} radius={0} animated />}
    </div>
  );
}
