import { Section } from '@/kit';
import type { Mailing } from '../model';
import { useSlots } from './model';
import { SlotPreview } from './SlotPreview';

/** What a placement that has begun shows. */
export function SlotTab({ mailing }: { mailing: Mailing }) {
  const slots = useSlots(mailing.database_id).data?.items ?? [];
  return <Section title="Content"><SlotPreview mailing={mailing} slot={slots.find((s) => s.id === mailing.placement?.slot_id)} /></Section>;
}
