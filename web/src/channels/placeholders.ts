import type { Definition } from './model';

export interface Token { token: string; label: string; /** of a number or yes/no: alone in JSON it keeps its type as `$#{…}` */ typed?: boolean; secret?: boolean }
export interface TokenGroup { group: string; items: Token[] }

/** The parts of a definition that its placeholders come from, also while it is being written. */
export type TokenSource = { contact: { label: string }; content: readonly Pick<Definition['content'][number], 'key' | 'label' | 'type'>[]; settings: readonly Pick<Definition['settings'][number], 'key' | 'label' | 'type'>[]; inbound: { active: boolean } };

/** Everything that may stand in a text of a request, by where it comes from. */
export function tokensOf(source: TokenSource): TokenGroup[] {
  const named = (root: string, fields: readonly { key: string; label: string; type: string }[]): Token[] => fields.filter((f) => f.key).map((f) => ({ token: `\${${root}.${f.key}}`, label: f.label || f.key, typed: f.type === 'number' || f.type === 'boolean', secret: f.type === 'secret' }));
  const groups: TokenGroup[] = [
    { group: 'Recipient', items: [{ token: '${contact}', label: source.contact.label || 'Contact' }] },
    { group: 'Message', items: [...named('content', source.content), { token: '${message.id}', label: 'Id of the message' }, { token: '${message.mailing}', label: 'Number of the mailing' }, { token: '${message.profile}', label: 'Number of the person' }] },
    { group: 'Access', items: named('settings', source.settings) },
    ...(source.inbound.active ? [{ group: 'Events back', items: [{ token: '${inbound.url}', label: 'Address for events' }] }] : []),
  ];
  return groups.filter((g) => g.items.length > 0);
}

/** Puts a token where the cursor stands; in JSON a number or yes/no that stands alone keeps its type. */
export function insertToken(text: string, start: number, end: number, token: Token, json = false): string {
  const whole = text.slice(0, start) + text.slice(end);
  return text.slice(0, start) + (json && token.typed && whole.trim() === '' ? token.token.replace('${', '$#{') : token.token) + text.slice(end);
}
