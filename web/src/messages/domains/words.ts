import type { components } from '@/api/schema';

export type DkimKey = components['schemas']['DkimKey'];
export type DnsCheck = components['schemas']['DnsCheck'];

export const checkNames: Readonly<Record<DnsCheck['what'], string>> = { dkim: 'DKIM, this key', spf: 'SPF, who may send', dmarc: 'DMARC, what others do with unsigned mail' };
export const checkTones = { ok: 'moss', missing: 'clay', different: 'clay', unknown: 'marigold' } as const;
export const checkWords = { ok: 'Published', missing: 'Missing', different: 'Differs', unknown: 'No answer' } as const;

/** What the list says about a key: that it signs, that it may, or what is still to be done. */
export function keyState(key: DkimKey): { tone: 'fjord' | 'moss' | 'clay' | 'marigold' | 'gray'; word: string } {
  const dkim = key.checks.find((check) => check.what === 'dkim');
  if (key.active) return dkim && (dkim.state === 'missing' || dkim.state === 'different') ? { tone: 'clay', word: 'Signs, not published' } : { tone: 'moss', word: 'Signs' };
  if (!dkim) return { tone: 'gray', word: 'Not checked' };
  return dkim.state === 'ok' ? { tone: 'fjord', word: 'Ready' } : { tone: checkTones[dkim.state], word: checkWords[dkim.state] };
}
