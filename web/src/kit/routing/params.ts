import { useParams } from '@tanstack/react-router';

/** A number from the page's address: `/segments/$segmentId` → `useIdParam('segmentId')`. NaN when it is none. */
export function useIdParam(name: string): number {
  const params: Record<string, unknown> = useParams({ strict: false });
  return Number(params[name]);
}

export function useTextParam(name: string): string {
  const params: Record<string, unknown> = useParams({ strict: false });
  const value = params[name];
  return typeof value === 'string' ? value : '';
}
