import { List, Stack, Text } from '@mantine/core';
import { api, ok } from '@/api/client';
import { confirmConsequence, confirmTyped, formatCount, formatNumber } from '@/kit';
import { atWork } from './activities/model';
import type { Campaign } from './model';
import css from './campaigns.module.css';

const row = (label: string, value: number) => <li key={label}><span>{label}</span><span className="fd-num">{formatNumber(value)}</span></li>;

/** What starting does, with its numbers as things stand, and whether to do it. */
export async function askStart(campaign: Campaign): Promise<boolean> {
  const path = { params: { path: { campaign_id: campaign.id } } };
  const [plan, activities] = await Promise.all([ok(api.GET('/api/v1/campaigns/{campaign_id}/strata', path)), ok(api.GET('/api/v1/campaigns/{campaign_id}/activities', path))]);
  const body = (
    <Stack gap="sm">
      <ul className={css.plan} aria-label="Who takes part">
        {row(`people of ${campaign.segment_name}`, plan.people + plan.withheld)}
        {plan.withheld > 0 && row('withheld by the global control group', -plan.withheld)}
        {campaign.control && row('kept back for comparison', -plan.control)}
        <li style={{ borderTop: '1px solid var(--fd-hairline)', paddingTop: 6, fontWeight: 620 }}><span>can get what the campaign sends</span><span className="fd-num">{formatNumber(plan.people - plan.control)}</span></li>
      </ul>
      <Text>{campaign.control ? 'Who is kept back is drawn now and stays so.' : 'Nobody is kept back, so the report cannot tell what the campaign changed.'} {activities.items.length === 0 ? 'There is no activity yet: nothing is sent until you add one and start it.' : `Nothing is sent by this: its ${formatCount(activities.items.length, 'activity is', 'activities are')} started each on its own page.`}</Text>
      {plan.warnings.length > 0 && <List size="sm">{plan.warnings.map((w) => <List.Item key={w.message}>{w.message}</List.Item>)}</List>}
    </Stack>
  );
  return confirmConsequence({ title: `Start ${campaign.name}?`, body, action: 'Start campaign', keep: 'Keep it a draft' });
}

/** What ends with it, and whether to end it: its name has to be typed. */
export async function askComplete(campaign: Campaign): Promise<boolean> {
  const { items } = await ok(api.GET('/api/v1/campaigns/{campaign_id}/activities', { params: { path: { campaign_id: campaign.id } } }));
  const stopped = items.filter(atWork);
  const body = (
    <Stack gap="sm">
      <Text>{formatCount(campaign.audience, 'person leaves', 'people leave')} the campaign, and nothing of it is sent any more. This cannot be taken back.</Text>
      {stopped.length > 0 && (
        <div>
          <Text>{formatCount(stopped.length, 'activity is stopped', 'activities are stopped')}:</Text>
          <List size="sm">{stopped.map((a) => <List.Item key={`${a.kind}${a.id}`}>{a.name}</List.Item>)}</List>
        </div>
      )}
      <Text>The report stays, and counts what people buy for {formatCount(campaign.window_days, 'more day', 'more days')}.</Text>
    </Stack>
  );
  return confirmTyped({ title: `Complete ${campaign.name}?`, body, action: 'Complete campaign', keep: 'Keep it running', name: campaign.name });
}
