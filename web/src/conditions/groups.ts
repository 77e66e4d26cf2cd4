/** The eight groups of the picker, whatever the categories of the vocabulary are called. */

export const groups = [
  { key: 'profile', label: 'Profile', words: /person|contact|profile|your fields|time|relation/i },
  { key: 'subscriptions', label: 'Subscriptions', words: /consent|subscription/i },
  { key: 'messages', label: 'Messages and mailings', words: /message|mailing/i },
  { key: 'segments', label: 'Campaigns and segments', words: /segment|campaign|scenario|control/i },
  { key: 'orders', label: 'Orders and products', words: /order|product|market/i },
  { key: 'loyalty', label: 'Loyalty', words: /loyalty|point|level|promotion|code/i },
  { key: 'events', label: 'Events and pages', words: /event|page|form|goal/i },
  { key: 'tables', label: 'Data tables', words: /table|list/i },
] as const;

export interface RuleGroup { key: string; label: string }

const order = ['subscriptions', 'messages', 'segments', 'loyalty', 'orders', 'events', 'tables', 'profile'] as const;

/** In which group a category of the vocabulary stands; one nobody knows is a group of its own. */
export function groupOf(category: string): RuleGroup {
  const found = order.map((key) => groups.find((g) => g.key === key)).find((g) => g?.words.test(category));
  return found ?? { key: category, label: category === '' ? 'Other' : category };
}

const rank = (group: RuleGroup): number => {
  const at = groups.findIndex((g) => g.key === group.key);
  return at < 0 ? groups.length : at;
};

export const byGroup = (a: RuleGroup, b: RuleGroup): number => rank(a) - rank(b);
