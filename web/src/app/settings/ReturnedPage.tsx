import { ReturnedList } from '@/messages/bounces/ReturnedList';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

/** Bounces and complaints, among the settings. */
export function ReturnedPage() {
  return <SettingsFrame><ReturnedList crumbs={settingsCrumb} /></SettingsFrame>;
}
