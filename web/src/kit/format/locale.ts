/** English words with the reader's own English customs; 24 hours everywhere, as in logs and schedules. */
export function locale(): string {
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  return wanted.find((l) => /^en\b/.test(l)) ?? 'en-GB';
}

export const NO_VALUE = '–';
