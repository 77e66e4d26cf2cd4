import { DomainList } from '@/messages/domains/DomainList';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

/** Keys of sending domains, among the settings. */
export function DomainsPage() {
  return <SettingsFrame><DomainList crumbs={settingsCrumb} /></SettingsFrame>;
}
