/** What is wrong with an amount that shall be given back of what is left; nothing while none is typed. */
export function wrongRefund(text: string, left: number): string | null {
  const typed = text.trim().replace(',', '.');
  if (typed === '') return null;
  if (!/^\d+(\.\d{1,4})?$/.test(typed) || Number(typed) === 0) return 'Enter an amount, like 12.50';
  return Number(typed) > left ? `${left.toFixed(2)} is left` : null;
}
