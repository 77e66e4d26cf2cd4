import type { components } from '@/api/schema';

type Entry = components['schemas']['AuditOut'];

/** What each action says, `{}` being the object; a test compares them with what the server writes. */
const sentences: Readonly<Record<string, string>> = {
  'segment.created': 'made the segment {}', 'segment.updated': 'changed the segment {}', 'segment.archived': 'archived the segment {}', 'segment.restored': 'restored the segment {}',
  'template.created': 'made the template {}', 'template.updated': 'changed the template {}', 'template.archived': 'archived the template {}', 'template.restored': 'restored the template {}',
  'template.fragments_updated': 'sent the template {} with the newest fragments', 'template.file_attached': 'attached a file to the template {}', 'template.file_removed': 'took a file off the template {}',
  'fragment.created': 'made the fragment {}', 'fragment.updated': 'changed the fragment {}', 'fragment.archived': 'archived the fragment {}', 'fragment.restored': 'restored the fragment {}',
  'feed.created': 'made the feed {}', 'feed.updated': 'changed the feed {}', 'feed.archived': 'archived the feed {}', 'feed.restored': 'restored the feed {}',
  'mailing.created': 'made the mailing {}', 'mailing.updated': 'changed the mailing {}', 'mailing.archived': 'archived the mailing {}', 'mailing.restored': 'restored the mailing {}',
  'campaign.created': 'made the campaign {}', 'campaign.updated': 'changed the campaign {}', 'campaign.archived': 'archived the campaign {}', 'campaign.restored': 'restored the campaign {}',
  'campaign.activated': 'started the campaign {}', 'campaign.begun': 'took the people of the campaign {} in: it is active', 'campaign.completed': 'completed the campaign {}', 'campaign.control_set': 'set the control group of the campaign {}', 'campaign.control_removed': 'took the control group of the campaign {} away',
  'campaign.activity_attached': 'put an activity into the campaign {}', 'campaign.activity_changed': 'changed an activity of the campaign {}', 'campaign.activity_detached': 'took an activity out of the campaign {}',
  'dkim_key.created': 'made the signing key {}', 'dkim_key.activated': 'let the signing key {} sign', 'dkim_key.deactivated': 'stopped signing with the key {}', 'dkim_key.deleted': 'deleted the signing key {}',
  'channel.created': 'made the channel {}', 'channel.updated': 'changed the channel {}', 'channel.archived': 'archived the channel {}', 'channel.restored': 'restored the channel {}', 'channel.tried': 'sent one message to try the channel {}', 'channel.rotated': 'gave the channel {} a new address for events',
  'mail_server.created': 'made the mail server {}', 'mail_server.updated': 'changed the mail server {}', 'mail_server.archived': 'archived the mail server {}', 'mail_server.restored': 'restored the mail server {}',
  'virtual_sender.created': 'made the virtual sender {}', 'virtual_sender.updated': 'changed the virtual sender {}', 'virtual_sender.archived': 'archived the virtual sender {}', 'virtual_sender.restored': 'restored the virtual sender {}',
  'policy.created': 'made the frequency policy {}', 'policy.updated': 'changed the frequency policy {}', 'policy.deleted': 'deleted the frequency policy {}',
  'score.created': 'made the score {}', 'score.updated': 'changed the score {}', 'score.deleted': 'deleted the score {}',
  'relation.created': 'made the relation {}', 'relation.updated': 'changed the relation {}', 'relation.deleted': 'deleted the relation {}',
  'database.created': 'made the database {}', 'database.updated': 'changed the database {}', 'database.deleted': 'deleted the database {}',
  'resource.created': 'made the resource {}', 'resource.updated': 'changed the resource {}', 'resource.archived': 'archived the resource {}', 'resource.restored': 'restored the resource {}',
  'suppression_list.created': 'made the stop list {}', 'suppression_list.updated': 'changed the stop list {}', 'suppression_list.archived': 'archived the stop list {}',
  'value_list.created': 'made the value list {}', 'value_list.updated': 'changed the value list {}', 'value_list.deleted': 'deleted the value list {}',
  'data_table.created': 'made the data table {}', 'data_table.updated': 'changed the data table {}', 'data_table.deleted': 'deleted the data table {}',
  'event_type.created': 'made the event type {}', 'event_type.updated': 'changed the event type {}', 'event_type.archived': 'deleted the event type {}', 'event_type.restored': 'restored the event type {}',
  'hook.created': 'made the hook {}', 'hook.updated': 'changed the hook {}', 'hook.deleted': 'deleted the hook {}', 'hook.paused': 'paused the hook {}', 'hook.resumed': 'let the hook {} go on',
  'hook.rotated': 'gave the hook {} a new secret', 'hook.tested': 'sent a test event to the hook {}', 'hook.replayed': 'sent events to the hook {} again', 'hook.skipped': 'gave up a delivery of the hook {}',
  'control_group.created': 'made the control group of {}', 'control_group.updated': 'changed the control group of {}', 'control_group.deleted': 'deleted the control group of {}',
  'promotion.created': 'made the promotion {}', 'promotion.updated': 'changed the promotion {}', 'promotion.published': 'published the promotion {}', 'promotion.paused': 'paused the promotion {}', 'promotion.resumed': 'resumed the promotion {}', 'promotion.archived': 'archived the promotion {}', 'promotion.arranged': 'put the promotions of {} in another order', 'promotion.arbitration': 'changed how the promotions of {} go together',
  'promotion_group.created': 'made the exclusion group {}', 'promotion_group.updated': 'changed the exclusion group {}', 'promotion_group.archived': 'archived the exclusion group {}', 'promotion_group.published': 'published the exclusion group {}',
  'order_segment.created': 'made the order segment {}', 'order_segment.updated': 'changed the order segment {}', 'order_segment.archived': 'archived the order segment {}', 'order_segment.published': 'published the order segment {}',
  'promo_pool.created': 'made the promo code pool {}', 'promo_pool.updated': 'changed the promo code pool {}', 'promo_pool.archived': 'archived the promo code pool {}', 'promo_pool.restored': 'restored the promo code pool {}', 'promo_pool.filled': 'filled the promo code pool {}',
  'promo_code.attached': 'gave the promo code {}', 'promo_code.detached': 'took the promo code {} back', 'promo_code.activated': 'used the promo code {}', 'promo_code.updated': 'changed the promo code {}',
  'token.created': 'made the API token {}',
  'user.created': 'made the user {}', 'user.updated': 'changed the user {}',
  'view.created': 'made the view {}', 'view.updated': 'changed the view {}', 'view.deleted': 'deleted the view {}',
  'slot.created': 'made the slot {}', 'slot.updated': 'changed the slot {}', 'slot.deleted': 'deleted the slot {}', 'site_secret.created': 'made a secret of the site {}',
  'goal.created': 'defined the goal {}', 'goal.updated': 'changed the goal {}', 'goal.archived': 'archived the goal {}', 'goal.restored': 'restored the goal {}',
  'attribution.updated': 'changed how conversions are attributed',
  'write_key.created': 'made the write key {}', 'write_key.updated': 'changed the write key {}',
  'import_schedule.created': 'made the scheduled import {}', 'import_schedule.updated': 'changed the scheduled import {}', 'import_schedule.deleted': 'deleted the scheduled import {}',
  'market_feed.created': 'made the feed {} of products', 'market_feed.updated': 'changed the feed {} of products', 'market_feed.deleted': 'deleted the feed {} of products', 'market_feed.started': 'loaded the feed {} of products', 'market_feed.stopped': 'switched off the feed {} of products',
  'product_segment.created': 'made the product segment {}', 'product_segment.updated': 'changed the product segment {}', 'product_segment.archived': 'archived the product segment {}', 'product_segment.restored': 'restored the product segment {}',
  'product_segment.members_add': 'put products on the list {}', 'product_segment.members_remove': 'took products off the list {}', 'product_segment.members_clear': 'emptied the list {}',
  'product.updated': 'changed the product {}', 'product.archived': 'archived the product {}',
  'product.related': 'said what goes with the product {}', 'sku.archived': 'archived the SKU {}', 'order.lines': 'changed lines of the order {}', 'order.refunded': 'gave back parts of the order {}',
  'sales_channel.created': 'set up the sales channel {}', 'sales_channel.updated': 'changed the sales channel {}', 'touchpoint.created': 'set up the touchpoint {}', 'touchpoint.updated': 'changed the touchpoint {}',
  'region.created': 'set up the region {}', 'region.updated': 'changed the region {}', 'currency.updated': 'switched the currency {}', 'market_field.created': 'made the market field {}', 'market_field.updated': 'changed the market field {}',
  'market_import.started': 'imported the file {} into the market', 'line_status.created': 'set up the line status {}', 'line_status.updated': 'changed the line status {}',
  'loyalty_program.created': 'made the loyalty program {}', 'loyalty_program.updated': 'changed the loyalty program {}', 'loyalty_program.archived': 'archived the loyalty program {}', 'loyalty_program.restored': 'restored the loyalty program {}',
  'loyalty_program.activated': 'activated the loyalty program {}', 'loyalty_program.deactivated': 'deactivated the loyalty program {}',
  'loyalty_points.created': 'added the points {}', 'loyalty_points.updated': 'changed the points {}', 'loyalty_points.archived': 'archived the points {}', 'loyalty_points.restored': 'restored the points {}',
  'loyalty_levels.created': 'added the levels {}', 'loyalty_levels.updated': 'changed the levels {}', 'loyalty_levels.deleted': 'deleted the levels {}',
  'loyalty_partner.created': 'added the partner {}', 'loyalty_partner.updated': 'changed the partner {}', 'loyalty_partner.archived': 'archived the partner {}', 'loyalty_partner.restored': 'restored the partner {}',
  'points.adjusted': 'corrected points of a member of {}',
  'loyalty_member.added': 'added members to {}', 'loyalty_member.removed': 'took members out of {}', 'loyalty_member.level_set': 'gave a member of {} a level',
  'segment.exported': 'exported the people of the segment {}',
  'template.published': 'published the template {}',
  'mailing.started': 'started the mailing {}',
  'mailing.launched': 'launched the mailing {} by hand',
  'mailing.scheduled': 'scheduled the mailing {}',
  'mailing.unscheduled': 'took back the start of the mailing {}',
  'mailing.paused': 'paused the mailing {}',
  'mailing.resumed': 'went on with the mailing {}',
  'mailing.stopped': 'stopped the mailing {}',
  'mailing.winner_chosen': 'chose the winner of the mailing {}',
  'mailing.retried': 'tried failed mails of {} again',
  'returned_mail.deleted': 'deleted the returned mail {}',
  'mailbox.emptied': 'emptied the mailbox of caught mails',
  'database.field_added': 'added the field {}',
  'database.field_updated': 'changed the field {}',
  'database.field_deleted': 'deleted the field {}',
  'database.preference_center': 'changed the preference page of the database {}',
  'resource.double_opt_in': 'changed the double opt-in of the resource {}',
  'resource.confirmations_resumed': 'let the confirmation mails of the resource {} go out again',
  'suppression_list.entries_added': 'added people to the stop list {}',
  'suppression_list.entries_removed': 'took people off the stop list {}',
  'value_list.values_added': 'added values to the value list {}',
  'value_list.values_removed': 'took values out of the value list {}',
  'value_list.values_replaced': 'replaced the values of the value list {}',
  'value_list.load_started': 'loaded a file into the value list {}',
  'data_table.columns_added': 'added columns to the data table {}',
  'data_table.column_changed': 'renamed a column of the data table {}',
  'data_table.column_deleted': 'deleted a column of the data table {}',
  'data_table.rows_upserted': 'added or changed rows of the data table {}',
  'data_table.row_changed': 'changed a row of the data table {}',
  'data_table.rows_deleted': 'deleted rows of the data table {}',
  'data_table.load_started': 'loaded a file into the data table {}',
  'profile.erased': 'erased {}',
  'profile.exported': 'exported the data of {}',
  'profile.merged': 'merged people into {}',
  'profile.split': 'split {}',
  'profile.preferences_link': 'made a link to the preference page of {}',
  'bulk_update.started': 'started the bulk update {}',
  'import.started': 'started the import {}',
  'import.deleted': 'deleted the import {}',
  'import_schedule.started': 'started the scheduled import {}',
  'import_schedule.stopped': 'stopped the scheduled import {}',
  'categories.updated': 'changed the categories of the catalogue',
  'order.status': 'changed the state of order {}',
  'token.revoked': 'revoked the API token {}',
  'write_key.revoked': 'revoked the write key {}',
  'user.disabled': 'closed the sign-in of {}',
  'user.enabled': 'opened the sign-in of {} again',
  'user.password_changed': 'changed the password of {}',
  'user.password_set': 'set a new password for {}',
  'user.signed_out': 'signed {} out everywhere',
};

const plain = (text: string) => text.replaceAll('_', ' ');

/** `segment.updated` of "Lapsed" → `changed the segment Lapsed`. Actions of plug-ins still read well. */
export function auditWords(entry: Pick<Entry, 'action' | 'kind' | 'object_name' | 'object_id'>): string {
  const [, verb = entry.action] = /\.([^.]+)$/.exec(entry.action) ?? [];
  const name = entry.object_name ?? (entry.object_id ? `#${entry.object_id}` : '');
  const known = sentences[entry.action];
  if (known) return known.replace('{}', () => name || `a ${plain(entry.kind)}`);
  return [plain(verb), plain(entry.kind), name].filter(Boolean).join(' ');
}

/** The names of the fields that differ, three at most. */
export function changedFields(entry: Pick<Entry, 'before' | 'after'>): string {
  const keys = [entry.before, entry.after].flatMap((side: unknown) => (typeof side === 'object' && side !== null ? Object.keys(side) : []));
  const names = [...new Set(keys)].map(plain);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
