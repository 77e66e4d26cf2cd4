import { IconAffiliate, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useDatabases } from '@/api/database';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import type { components } from '@/api/schema';
import { confirmTyped, doneToast, failToast, FirstUse, formatNumber, Loaded, MenuActions, NO_VALUE, Num, Page, Section, SideDrawer, SmallTable, useDrawer, type Column } from '@/kit';
import { RelationTypeForm } from './RelationTypeForm';

type RelationType = components['schemas']['RelationType'];

/** Types of relations between people. */
export function RelationsPage() {
  const drawer = useDrawer('relation');
  const databases = useDatabases() ?? [];
  const canEdit = useCan('databases:update'), canDelete = useCan('databases:delete');
  const query = useQuery({ queryKey: ['relations'], queryFn: ({ signal }) => ok(api.GET('/api/v1/relations', { signal })) });
  const remove = useAction({ refresh: [['relations'], ['vocabulary']], run: (type: RelationType) => ok(api.DELETE('/api/v1/relations/{type_id}', { params: { path: { type_id: type.id }, query: { confirm: type.name } } })) });
  const nameOf = (id: number) => databases.find((d) => d.id === id)?.name ?? `database ${id}`;
  const erase = async (type: RelationType) => {
    const yes = await confirmTyped({ title: `Delete the relation ${type.name}?`, body: `${formatNumber(type.count)} relations between people are deleted with it. The people stay.`, action: 'Delete relation', keep: 'Keep it', name: type.name });
    if (yes) remove.mutate(type, { onSuccess: () => { doneToast(`${type.name} deleted`); }, onError: failToast });
  };
  const columns: Column<RelationType>[] = [
    { key: 'name', header: 'Relation', cell: (t) => t.name },
    { key: 'words', header: 'In words', priority: 2, cell: (t) => (t.database_a === t.database_b ? `${nameOf(t.database_a)}: ${t.label || t.name}` : `${nameOf(t.database_a)} ${t.label || '→'} ${nameOf(t.database_b)}`) },
    { key: 'properties', header: 'Holds', priority: 3, cell: (t) => t.properties.map((p) => p.label || p.name).join(', ') || NO_VALUE },
    { key: 'count', header: 'Relations', align: 'right', priority: 2, cell: (t) => <Num value={t.count} /> },
    { key: 'actions', header: 'Actions', align: 'right', priority: 1, cell: (t) => <MenuActions label={`Actions for ${t.name}`} actions={[...(canEdit ? [{ label: 'Edit', onClick: () => { drawer.open(t.id); } }] : []), ...(canDelete ? [{ label: 'Delete…', danger: true, onClick: () => void erase(t) }] : [])]} /> },
  ];
  const add = canEdit ? { label: 'New relation', icon: <IconPlus size={16} />, onClick: () => { drawer.open('new'); } } : undefined;
  return (
    <Page title="Relations" primary={add} help={{ text: 'How people belong to each other: parent and child, person and company. Relations stand on the card, and segments can follow them to the other person.' }}>
      <Loaded query={query} what="the relations">{(found) => (found.items.length > 0
        ? <Section><SmallTable<RelationType> label="Relations" columns={columns} rows={found.items} rowKey={(t) => t.id} /></Section>
        : <FirstUse icon={IconAffiliate} title="Say how people belong together" text="Make a relation such as family or works for. Then relate people on their cards or by the API, and find the parents of young children with one rule." primary={add} />)}</Loaded>
      <SideDrawer name="relation" right="databases:update" title={drawer.value === 'new' ? 'New relation' : 'Edit relation'}>
        {(id) => { const type = query.data?.items.find((t) => String(t.id) === id); return id === 'new' || type ? <RelationTypeForm key={id} onCancel={drawer.close} onSaved={drawer.close} {...(type ? { type } : {})} /> : null; }}
      </SideDrawer>
    </Page>
  );
}
