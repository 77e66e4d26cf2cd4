import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import { useAction } from './mutations';
import { Problem } from './problem';

const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>;

describe('the key of an attempt', () => {
  it('is reused when no answer came, and new after any answer or other values', async () => {
    const keys: string[] = [];
    const answers: (Error | null)[] = [new TypeError('fetch failed'), null, null, new Problem({ status: 422, title: 'Invalid' }), null];
    const { result } = renderHook(() => useAction({
      run: (_values: { name: string }, { headers }) => {
        keys.push(headers['Idempotency-Key']);
        const answer = answers.shift();
        return answer ? Promise.reject(answer) : Promise.resolve('done');
      },
    }), { wrapper });
    const send = (name: string) => act(() => result.current.mutateAsync({ name }).catch(() => undefined));
    await send('a'); // lost on the way
    await send('a'); // the same again: same key
    await send('a'); // a new wish
    await send('b'); // refused
    await send('b'); // put right elsewhere, sent anew
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
    expect(keys[0]).toHaveLength(32);
  });
});
