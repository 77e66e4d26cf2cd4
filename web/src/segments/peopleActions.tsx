import { useRef, useState } from 'react';
import { useCan } from '@/api/session';
import type { LiveCount, Written } from '@/conditions';
import { failToast, paths, useGo, type PageAction } from '@/kit';
import { handOver } from './bulk/handover';
import type { Audience } from './bulk/model';
import { ExportDialog } from './ExportDialog';
import type { Settings } from './useBuilder';

interface Given { databaseId: number; live: LiveCount; written: Written; settings: Settings }

/** What can be done at once with the people whom unsaved rules find: change them, or take them as a file. */
export function usePeopleActions({ databaseId, live, written, settings }: Given) {
  const go = useGo();
  const canChange = useCan('profiles:update'), canRead = useCan('profiles:read');
  const leaving = useRef(false);
  const [exporting, setExporting] = useState<Audience | null>(null);
  const words = settings.name.trim() || live.data?.sentence || 'These rules';
  const audience = (): Audience | null => {
    if (written.skipped.length > 0) failToast(new Error('A rule is unfinished. Finish or remove it first: without it this would be about other people.'));
    else return { condition: written.condition as unknown as NonNullable<Audience['condition']>, range: settings.range, limit: settings.limit };
    return null;
  };
  const change = () => {
    const who = audience();
    if (!who) return;
    const id = handOver({ databaseId, audience: who, words: live.data && !live.stale ? live.data.sentence : words });
    leaving.current = true; // nothing is lost: the builder's draft is there again on return
    go(`${paths.bulkUpdateNew(databaseId)}?rules=${id}`);
  };
  const menu: PageAction[] = [
    ...(canChange ? [{ label: 'Change these people…', onClick: change }] : []),
    ...(canRead ? [{ label: 'Export these people…', onClick: () => { setExporting(audience()); } }] : []),
  ];
  const dialog = exporting && <ExportDialog databaseId={databaseId} audience={exporting} title={words} count={live.data?.count ?? null} onClose={() => { setExporting(null); }} />;
  return { menu, dialog, leaving: () => leaving.current };
}
