import { ChannelList } from '@/channels/ChannelList';
import { ChannelPageBody } from '@/channels/ChannelPage';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

/** By what messages leave, among the settings. */
export function ChannelsPage() {
  return <SettingsFrame><ChannelList crumbs={settingsCrumb} /></SettingsFrame>;
}

/** One of them. */
export function ChannelPage() {
  return <SettingsFrame><ChannelPageBody crumbs={settingsCrumb} /></SettingsFrame>;
}
