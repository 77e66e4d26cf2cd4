import { useCan } from '@/api/session';
import { AppLink, paths, SkeletonText } from '@/kit';
import { useCampaign } from './model';

/** The campaign something belongs to, by name; opens it. */
export function CampaignLink({ id }: { id: number }) {
  const can = useCan('campaigns:read');
  const query = useCampaign(id, can);
  if (!can || query.error) return <>campaign {id}</>;
  return query.data ? <AppLink href={paths.campaign(id)}>{query.data.name}</AppLink> : <SkeletonText />;
}
