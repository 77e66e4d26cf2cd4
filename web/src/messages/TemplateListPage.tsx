import { IconAlertTriangle, IconPlus, IconTemplate } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useDatabase } from '@/api/database';
import { useList } from '@/api/list';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { glimpse } from '@/channels/content/fields';
import { channelChoices, channelName, useChannels } from '@/channels/model';
import { NewTemplate } from '@/channels/NewTemplate';
import { doneToast, failToast, FirstUse, formatCount, ListPage, MenuActions, paths, SideDrawer, StateBadge, Time, ToneBadge, undoToast, useDrawer, useGo, useListState, type Column } from '@/kit';
import type { Template } from './model';
import { starter } from './starter';

/** The templates of messages. */
export function TemplateListPage() {
  const state = useListState({ defaultSort: '-updated_at' });
  const { archived, ...params } = state.params, old = archived === 'yes';
  const go = useGo();
  const drawer = useDrawer('template');
  const database = useDatabase();
  const channels = useChannels();
  const canCreate = useCan('templates:create'), canDelete = useCan('templates:delete');
  const query = useList<Template>(['templates', state.params], ({ cursor, limit, signal }) => ok(api.GET('/api/v1/templates', { params: { query: { ...params, ...(old ? { archived: true } : {}), limit, ...(cursor ? { cursor } : {}) } }, signal })));
  const path = (id: number) => ({ params: { path: { template_id: id } } });
  const make = useAction({
    refresh: [['templates']],
    run: (_: null, { headers }) => ok(api.POST('/api/v1/templates', { body: { name: 'New template', description: '', format: 'mjml', subject: '', preheader: '', text: '', body: starter, database_id: database?.id ?? null }, headers })),
    onDone: (made) => { go(paths.template(made.id)); },
  });
  const clone = useAction({ refresh: [['templates']], run: (id: number, { headers }) => ok(api.POST('/api/v1/templates/{template_id}/clone', { ...path(id), body: {}, headers })), onDone: (made) => { go(paths.template(made.id)); } });
  const archive = useAction({ refresh: [['templates']], run: (id: number) => ok(api.DELETE('/api/v1/templates/{template_id}', path(id))) });
  const restore = useAction({ refresh: [['templates']], run: (id: number, { headers }) => ok(api.POST('/api/v1/templates/{template_id}/restore', { ...path(id), headers })) });
  const columns: Column<Template>[] = [
    { key: 'name', header: 'Template', sort: 'name', cell: (t) => t.name },
    { key: 'subject', header: 'Subject', sort: 'subject', cell: (t) => t.subject || glimpse(t.fields) || null, priority: 2 },
    ...(channels.length > 0 ? [{ key: 'channel', header: 'Channel', priority: 3 as const, cell: (t: Template) => channelName(t.channel, channels) }] : []),
    { key: 'state', header: 'State', priority: 1, cell: (t) => (t.published_number ? <StateBadge state="published" size="sm" label={`Version ${t.published_number}${t.unpublished_changes ? ' · changed' : ''}`} /> : <StateBadge state="draft" size="sm" />) },
    { key: 'problems', header: 'Problems', priority: 3, cell: (t) => (t.newer_fragments.length > 0 && t.problems.length === 0 ? <ToneBadge tone="marigold" icon={IconAlertTriangle}>newer fragment</ToneBadge> : t.problems.length > 0 ? <ToneBadge tone={t.problems.some((p) => p.severity === 'error') ? 'clay' : 'marigold'} icon={IconAlertTriangle}>{formatCount(t.problems.length, 'problem', 'problems')}</ToneBadge> : null) },
    { key: 'updated_at', header: 'Changed', sort: 'updated_at', cell: (t) => <Time value={t.updated_at} />, priority: 2 },
    {
      key: 'actions', header: 'Actions', locked: true, align: 'right', priority: 1, cell: (t) => (
        <span data-above><MenuActions label={`Actions for ${t.name}`} actions={[
          ...(canCreate ? [{ label: 'Clone', onClick: () => { clone.mutate(t.id, { onError: failToast }); } }] : []),
          ...(canDelete && old ? [{ label: 'Restore', onClick: () => { restore.mutate(t.id, { onSuccess: () => { doneToast(`${t.name} is back`); }, onError: failToast }); } }] : []),
          ...(canDelete && !old ? [{ label: 'Archive', danger: true, onClick: () => { archive.mutate(t.id, { onSuccess: () => { undoToast(`${t.name} archived`, () => restore.mutateAsync(t.id)); }, onError: failToast }); } }] : []),
        ]} /></span>
      ),
    },
  ];
  const add = canCreate ? { label: 'New template', icon: <IconPlus size={16} />, shortcut: 'N', onClick: () => { if (channels.length > 0) drawer.open('new'); else make.mutate(null, { onError: failToast }); } } : undefined;
  return (
    <>
    <ListPage<Template> name="templates" title="Templates" noun={{ one: 'template', many: 'templates' }} query={query} state={state} columns={columns} rowKey={(t) => t.id} rowLabel={(t) => t.name} rowHref={(t) => paths.template(t.id)} primary={add} secondary={[{ label: 'Fragments', href: paths.fragments() }, { label: 'Feeds', href: paths.feeds() }]}
      searchLabel="Search name or subject" filters={[...(channels.length > 0 ? [{ key: 'channel', label: 'Channel', options: channelChoices(channels) }] : []), { key: 'archived', label: 'Archived', options: [{ value: 'yes', label: 'Archived only' }] }]}
      help={{ text: 'A template is what people will read. A draft saves itself; mailings send the version that was published last.' }}
      empty={<FirstUse icon={IconTemplate} title="Write your first message" text="A template holds subject, design and text, with what differs from person to person. You see it as somebody will get it while you write." primary={add} />} />
    <SideDrawer name="template" right="templates:create" title="New template">{() => <NewTemplate starter={starter} onCancel={drawer.close} />}</SideDrawer>
    </>
  );
}
