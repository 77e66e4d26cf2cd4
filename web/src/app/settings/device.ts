const browsers: readonly (readonly [RegExp, string])[] = [[/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari']];
const systems: readonly (readonly [RegExp, string])[] = [[/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux/, 'Linux']];

const first = (table: readonly (readonly [RegExp, string])[], agent: string) => table.find(([pattern]) => pattern.test(agent))?.[1];

/** `Chrome on Linux` from a user agent; other programs by their own name. */
export function device(agent: string | null | undefined): string {
  if (!agent) return 'Unknown device';
  const browser = first(browsers, agent), system = first(systems, agent);
  if (!browser) return agent.split(/[/ ]/)[0] ?? agent;
  return system ? `${browser} on ${system}` : browser;
}
