import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, call, ok, onSessionEnd } from './client';
import { Problem } from './problem';

function network(...replies: Response[]) {
  const seen: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    seen.push(request);
    return Promise.resolve(replies.shift() ?? new Response('{}', { status: 200 }));
  });
  return seen;
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

afterEach(() => {
  onSessionEnd(null);
  document.cookie = 'fidelia_csrf=; max-age=0';
});

describe('requests', () => {
  it('sends the CSRF token with what changes something, and only then', async () => {
    document.cookie = 'fidelia_csrf=t0ken';
    const seen = network(json({}), json({}));
    await call('/api/v1/jobs');
    await call('/api/v1/jobs/x/cancel', { method: 'POST' });
    expect(seen.map((r) => r.headers.get('X-CSRF-Token'))).toEqual([null, 't0ken']);
  });

  it('throws the problem document of a refusal', async () => {
    network(json({ title: 'Conflict', status: 409, detail: 'Anna saved this first' }, 409));
    await expect(ok(api.GET('/api/v1/roles'))).rejects.toMatchObject({ status: 409, detail: 'Anna saved this first' });
  });

  it('asks once to sign in again and repeats every request that waited, body included', async () => {
    const seen = network(json({}, 401), json({}, 401), json({ a: 1 }), json({ a: 2 }));
    const ask = vi.fn(() => Promise.resolve(true));
    onSessionEnd(ask);
    const post = () => call<{ a: number }>('/api/v1/tokens', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"till"}' });
    const results = await Promise.all([post(), post()]);
    expect(results.map((r) => r.a).sort()).toEqual([1, 2]);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(await seen[2]!.text()).toBe('{"name":"till"}');
  });

  it('passes the refusal on when the person stays signed out, and never asks for the sign-in itself', async () => {
    onSessionEnd(() => Promise.resolve(false));
    network(json({ title: 'Not signed in', status: 401 }, 401));
    await expect(call('/api/v1/roles')).rejects.toBeInstanceOf(Problem);
    const ask = vi.fn(() => Promise.resolve(true));
    onSessionEnd(ask);
    network(json({ title: 'No', status: 401 }, 401));
    await expect(call('/api/v1/auth/login', { method: 'POST' })).rejects.toMatchObject({ status: 401 });
    expect(ask).not.toHaveBeenCalled();
  });
});
