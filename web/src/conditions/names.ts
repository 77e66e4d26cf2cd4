/** Names of properties: `profile.car["make"]`, `item.age`, `item["first name"]`. Keys may hold any character, dots too. */

const STEP = /\[("(?:[^"\\]|\\.)*")\]/gsy;
const WORD = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** Base and keys of a name; null when what follows the base is no path of keys. */
export function readName(name: string): { base: string; keys: string[] } | null {
  const from = name.indexOf('[');
  if (from < 0) return { base: name, keys: [] };
  const keys: string[] = [];
  STEP.lastIndex = from;
  let end = from;
  for (let found = STEP.exec(name); found; found = STEP.exec(name)) {
    try {
      keys.push(JSON.parse(found[1] ?? '') as string);
    } catch {
      return null; // a broken escape
    }
    end = STEP.lastIndex;
  }
  return end === name.length && from > 0 ? { base: name.slice(0, from), keys } : null;
}

const bracketed = (keys: readonly string[]): string => keys.map((key) => `[${JSON.stringify(key)}]`).join('');

/** `profile.car["make"]`: a property of a field that is an object. */
export const propertyOf = (field: string, keys: readonly string[]): string => `${field}${bracketed(keys)}`;

/** `event.cart.total`, `item["first name"]["a.b"]`: a property of open rows; plain words stand without brackets as far as they go. */
export function propertyIn(prefix: string, keys: readonly string[]): string {
  const odd = keys.findIndex((key) => !WORD.test(key)), plain = odd < 0 ? keys.length : odd;
  return [prefix, ...keys.slice(0, plain)].join('.') + bracketed(keys.slice(plain));
}

export const keyWords = (keys: readonly string[]): string => keys.join(' › ');

/** Keys as a person types them: `cart.total` are two, `first name` is one, `["a.b"]["c"]` says exactly which. */
export function typedKeys(typed: string): string[] {
  const exact = typed.startsWith('[') ? readName(`x${typed}`) : null;
  if (exact) return exact.keys;
  const words = typed.split('.');
  return typed === '' ? [] : words.every((word) => WORD.test(word)) ? words : [typed];
}

/** Keys as a person would type them. */
export function keysText(keys: readonly string[]): string {
  const plain = keys.join('.'), back = typedKeys(plain);
  return back.length === keys.length && back.every((key, i) => key === keys[i]) ? plain : bracketed(keys);
}
