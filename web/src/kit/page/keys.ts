const KEY = 'fidelia.single-keys';

/** Single-letter shortcuts can be switched off (Account): voice control and shaky hands trigger them by accident. */
export const singleKeys = (): boolean => localStorage.getItem(KEY) !== 'off';

export function setSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, 'off');
}
