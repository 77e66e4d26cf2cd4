import type { Audience } from './model';

/** Rules that are not saved, on their way from the builder to another page of the same browser tab. */
export interface Handed { databaseId: number; audience: Audience; words: string }

const keyOf = (id: string) => `fidelia.rules.${id}`;

/** Keeps rules for the next page, which finds them by the returned id; they live as long as the tab. */
export function handOver(handed: Handed): string {
  const id = `r${crypto.randomUUID().slice(0, 8)}`; // an address would read some plain ids, such as 12345e67, as numbers
  sessionStorage.setItem(keyOf(id), JSON.stringify(handed));
  return id;
}

/** What was kept under an id for this database; null when another tab or another day opens the address. */
export function handedOver(id: string, databaseId: number): Handed | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(keyOf(id)) ?? 'null') as Handed | null;
    return found?.databaseId === databaseId ? found : null;
  } catch {
    return null; // somebody else's text under this name
  }
}
