import type { ProductDetail } from '../model';

/** What is typed as an amount, or nothing. */
const AMOUNT = /^\d+([.,]\d{1,4})?$/;
export const wrongPrice = (text: string) => (!text || AMOUNT.test(text) ? null : 'A price is a number, like 12.50');
export const wrongStock = (text: string) => (!text || AMOUNT.test(text) ? null : 'Enter how many there are, or leave it empty');
export const wrongAddress = (text: string) => (!text.trim() || /^https?:\/\/\S+$/i.test(text.trim()) ? null : 'An address starts with http:// or https://');

export const orNull = (text: string) => (text.trim() === '' ? null : text.trim());
/** A typed amount as the server takes it: with a point. */
export const amount = (text: string) => orNull(text.replace(',', '.'));

/** Price and stock in a region, as they are typed. */
export type OfferValues = { region: string; price: string; old_price: string; quantity: string };
export const offersOf = (regions: ProductDetail['regions']): OfferValues[] => regions.map((r) => ({ region: r.region, price: r.price ?? '', old_price: r.old_price ?? '', quantity: r.quantity ?? '' }));
export const offersSent = (rows: readonly OfferValues[]) => rows.map((r) => ({ region: r.region, price: amount(r.price), old_price: amount(r.old_price), quantity: amount(r.quantity) }));
export const wrongOffers = (rows: readonly OfferValues[]): Record<string, string | null> => Object.fromEntries(rows.flatMap((r, n) => [
  [`regions.${n}.price`, wrongPrice(r.price)], [`regions.${n}.old_price`, wrongPrice(r.old_price)], [`regions.${n}.quantity`, wrongStock(r.quantity)],
] as const));
