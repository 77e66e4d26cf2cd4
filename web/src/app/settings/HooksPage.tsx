import { HookList } from '@/events/hooks/HookList';
import { HookPageBody } from '@/events/hooks/HookPage';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

/** Outgoing hooks, among the settings. */
export function HooksPage() {
  return <SettingsFrame><HookList crumbs={settingsCrumb} /></SettingsFrame>;
}

/** One of them. */
export function HookPage() {
  return <SettingsFrame><HookPageBody crumbs={settingsCrumb} /></SettingsFrame>;
}
