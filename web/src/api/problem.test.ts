import { describe, expect, it } from 'vitest';
import { pointerToPath, Problem, problemFrom, toProblem } from './problem';

describe('problem documents', () => {
  it('reads title, detail, fields, request id and when to come back', async () => {
    const response = new Response(JSON.stringify({ title: 'Invalid', status: 422, detail: 'Two fields are wrong', errors: [{ pointer: '/fields/0/type', message: 'Choose a type' }] }), {
      status: 422, headers: { 'X-Request-ID': 'k3v9', 'Retry-After': '30' },
    });
    const problem = await problemFrom(response);
    expect(problem).toMatchObject({ status: 422, title: 'Invalid', detail: 'Two fields are wrong', requestId: 'k3v9', retryAfter: 30 });
    expect(problem.errors).toEqual([{ pointer: '/fields/0/type', message: 'Choose a type' }]);
  });
  it('still says something when a proxy answers with a page', async () => {
    const problem = await problemFrom(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    expect(problem).toMatchObject({ status: 502, title: 'Bad Gateway', errors: [] });
  });
  it('tells a lost connection from a refusal', () => {
    expect(toProblem(new TypeError('fetch failed')).unreachable).toBe(true);
    expect(toProblem(new Problem({ status: 409, title: 'Conflict' })).unreachable).toBe(false);
  });
  it('turns pointers into form paths', () => {
    expect(pointerToPath('/condition/of/0/op')).toBe('condition.of.0.op');
    expect(pointerToPath('/a~1b/c~0d')).toBe('a/b.c~d');
    expect(pointerToPath('')).toBe('');
  });
});
