import { SenderList } from '@/messages/senders/SenderList';
import { NewSender, SenderPageBody } from '@/messages/senders/SenderPage';
import { ServerList } from '@/messages/senders/ServerList';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';

/** Mail servers, among the settings. */
export function MailServersPage() {
  return <SettingsFrame><ServerList crumbs={settingsCrumb} /></SettingsFrame>;
}

/** Virtual senders, among the settings. */
export function SendersPage() {
  return <SettingsFrame><SenderList crumbs={settingsCrumb} /></SettingsFrame>;
}

/** A new one. */
export function NewSenderPage() {
  return <SettingsFrame><NewSender crumbs={settingsCrumb} /></SettingsFrame>;
}

/** One of them. */
export function SenderPage() {
  return <SettingsFrame><SenderPageBody crumbs={settingsCrumb} /></SettingsFrame>;
}
