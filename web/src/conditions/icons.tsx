import type { Inside } from './inner';
import {
  IconAddressBook, IconBolt, IconBraces, IconCirclesRelation, IconClock, IconFileText, IconGift, IconHeartHandshake, IconMail, IconPackage, IconShoppingCart, IconTag, IconUser, IconUserCheck, type Icon,
} from '@tabler/icons-react';
import type { RuleNode } from './tree';
import { fieldOf, text, type Words } from './vocabulary';

const byWord: readonly (readonly [RegExp, Icon])[] = [
  [/product/i, IconPackage], [/order/i, IconShoppingCart], [/consent/i, IconUserCheck], [/contact/i, IconAddressBook], [/message|mailing/i, IconMail], [/loyalty|point|level/i, IconHeartHandshake],
  [/page|form|goal/i, IconFileText], [/segment|campaign|scenario/i, IconCirclesRelation], [/promotion|code/i, IconGift], [/time/i, IconClock], [/event/i, IconBolt], [/your|tag/i, IconTag], [/person|profile/i, IconUser],
];

/** The mark of a category. */
export const iconOf = (category: string): Icon => byWord.find(([word]) => word.test(category))?.[1] ?? IconTag;

export function ruleIcon(words: Words, rule: RuleNode, inside: Inside | null): Icon {
  const { node } = rule;
  if (node.kind === 'member') return IconCirclesRelation;
  if (node.kind === 'occurred') return iconOf(words.event(text(node.event))?.category ?? 'event');
  if (node.kind === 'related') return words.link(text(node.link), 'profile')?.to === 'line' ? IconPackage : iconOf(words.link(text(node.link), 'profile')?.category ?? '');
  if (node.kind === 'compare') return text(node.field).startsWith('now.') ? IconClock : iconOf(fieldOf(words, rule, inside)?.category ?? 'person');
  return node.kind === 'always' ? IconUser : IconBraces;
}
