import { PolicyList } from '@/messages/policies/PolicyList';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

/** Frequency policies, among the settings. */
export function PoliciesPage() {
  return <SettingsFrame><PolicyList crumbs={settingsCrumb} /></SettingsFrame>;
}
