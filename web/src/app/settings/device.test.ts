import { describe, expect, it } from 'vitest';
import { device } from './device';

describe('the device of a sign-in', () => {
  it('names the device', () => {
    expect(device('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36')).toBe('Chrome on Linux');
    expect(device('python-httpx/0.28.1')).toBe('python-httpx');
    expect(device(null)).toBe('Unknown device');
  });
});
