import type { components } from '@/api/schema';
import type { MailServer } from './model';

export interface Limit { domains: string[]; rate: number | string }
export interface Values extends Record<string, unknown> {
  name: string; host: string; port: number | string; tls: MailServer['tls']; username: string; password: string; keep: boolean; connections: number | string; rate: number | string; domain_rates: Limit[]; active: boolean;
}

/** `keep`: the password that is stored stays. */
export const valuesOf = (server: MailServer | undefined): Values => ({
  name: server?.name ?? '', host: server?.host ?? '', port: server?.port ?? 587, tls: server?.tls ?? 'starttls', username: server?.username ?? '', password: '', keep: server?.has_password ?? false,
  connections: server?.connections ?? 5, rate: server?.rate ?? 0, domain_rates: (server?.domain_rates ?? []).map((group) => ({ domains: group.domains, rate: group.rate })), active: server?.active ?? true,
});

/** Whether mails would go another way, which needs the password again. */
export const leadsElsewhere = (v: Values, server: MailServer | undefined): boolean =>
  server !== undefined && (v.host.trim() !== server.host || Number(v.port) !== server.port || v.tls !== server.tls || v.username.trim() !== server.username);

const within = (value: number | string, least: number, most: number, whole = true): boolean => value !== '' && (!whole || Number.isInteger(Number(value))) && Number(value) >= least && Number(value) <= most;

export function check(v: Values, server: MailServer | undefined): Record<string, string | null> {
  const faults: Record<string, string | null> = {
    name: v.name.trim() ? null : 'Enter a name for the server',
    host: /^[^\s/@]+$/.test(v.host.trim()) ? null : 'Enter the server’s name, such as smtp.example.com',
    port: within(v.port, 1, 65_535) ? null : 'Enter a port from 1 to 65,535',
    connections: within(v.connections, 1, 100) ? null : 'Enter 1 to 100 connections',
    rate: within(v.rate, 0, 100_000) ? null : 'Enter 0 to 100,000 mails',
    password: v.keep && leadsElsewhere(v, server) ? 'Enter the password again: the one that is stored was for another server or user' : null,
  };
  v.domain_rates.forEach((group, n) => {
    if (group.domains.length === 0) faults[`domain_rates.${n}.domains`] = 'Enter a domain, such as gmail.com';
    if (!within(group.rate, 0.01, 100_000, false)) faults[`domain_rates.${n}.rate`] = 'Enter 0.01 to 100,000 mails';
  });
  return faults;
}

export type ServerBody = components['schemas']['MailServerIn'];

export const bodyOf = (v: Values): ServerBody => ({
  name: v.name.trim(), host: v.host.trim(), port: Number(v.port), tls: v.tls, username: v.username.trim(), connections: Number(v.connections), rate: Number(v.rate),
  domain_rates: v.domain_rates.map((group) => ({ domains: group.domains, rate: Number(group.rate) })), active: v.active, ...(v.keep ? {} : { password: v.password }),
});
