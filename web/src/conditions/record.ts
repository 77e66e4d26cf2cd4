import type { Json } from './tree';

/** A JSON object, or nothing. */
export const record = (value: unknown): Json | undefined => (typeof value === 'object' && value !== null ? value as Json : undefined);
/** There is a value. */
export const filled = (value: unknown): boolean => value !== undefined && value !== null && value !== '';
/** A JSON object without some of its members. */
export const without = (node: Json | undefined, ...keys: string[]): Json => Object.fromEntries(Object.entries(node ?? {}).filter(([key]) => !keys.includes(key)));
