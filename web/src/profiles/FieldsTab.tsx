import { Button, Group, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppLink, confirmTyped, doneToast, failToast, formatCount, MenuActions, paths, Rate, Section, SideDrawer, SmallTable, useDrawer, type Column } from '@/kit';
import { FieldForm } from './FieldForm';
import { fieldLabel, fieldTypes, type Database, type Field } from './model';

function marks(field: Field): string {
  return [field.keeper ? 'filled by a score' : '', field.unique ? 'unique' : '', field.required ? 'mandatory' : '', field.validator ? `pattern ${field.validator}` : '', field.options.length > 0 && !field.builtin ? `${field.options.length} choices` : ''].filter(Boolean).join(' · ');
}

function Filled({ database, field, part, whole }: { database: Database; field: Field; part: number; whole: number }) {
  const can = useCan('profiles:read');
  const rate = <Rate part={part} whole={whole} />;
  return can && part > 0 ? <AppLink href={paths.figure(database.id, `field:${field.name}:any`)}>{rate}</AppLink> : rate;
}

/** The fields of a database: its own first, then those that every profile has. */
export function FieldsTab({ database }: { database: Database }) {
  const canUpdate = useCan('databases:update');
  const drawer = useDrawer('field');
  const counters = useQuery({ queryKey: ['databases', database.id, 'counters'], queryFn: ({ signal }) => ok(api.GET('/api/v1/databases/{database_id}/counters', { params: { path: { database_id: database.id } }, signal })) }).data;
  const filled = counters?.filled as Record<string, number> | undefined;
  const remove = useAction({
    refresh: [['databases'], ['vocabulary']],
    run: (name: string) => ok(api.DELETE('/api/v1/databases/{database_id}/fields/{field}', { params: { path: { database_id: database.id, field: name }, query: { confirm: name } } })),
  });
  const erase = async (field: Field) => {
    const yes = await confirmTyped({ title: `Delete the field ${fieldLabel(field)}?`, body: filled?.[field.name] === undefined ? 'Its values are deleted from every profile and cannot be brought back.' : `The values of ${formatCount(filled[field.name] ?? 0, 'profile', 'profiles')} are deleted and cannot be brought back.`, action: 'Delete field', keep: 'Keep it', name: field.name });
    if (yes) remove.mutate(field.name, { onSuccess: () => { doneToast(`${fieldLabel(field)} deleted`); }, onError: failToast });
  };
  const own = database.fields.filter((f) => !f.builtin);
  const columns: Column<Field>[] = [
    { key: 'name', header: 'Field', cell: (f) => <>{fieldLabel(f)} <Text span c="dimmed" size="xs">{f.name}</Text></> },
    { key: 'type', header: 'Type', priority: 2, cell: (f) => fieldTypes.find((t) => t.value === f.type)?.label },
    { key: 'filled', header: 'Filled', align: 'right', priority: 2, cell: (f) => (filled?.[f.name] === undefined || !counters ? null : <Filled database={database} field={f} part={filled[f.name] ?? 0} whole={counters.total} />) },
    { key: 'rules', header: 'Rules', priority: 2, cell: (f) => marks(f) },
  ];
  const actions: Column<Field> = {
    key: 'actions', header: 'Actions', align: 'right', priority: 1,
    cell: (f) => <MenuActions label={`Actions for ${fieldLabel(f)}`} actions={[{ label: 'Edit', onClick: () => { drawer.open(f.name); } }, ...(f.keeper ? [{ label: 'See the score', href: paths.score(database.id, f.keeper.replace('score:', '')) }] : [{ label: 'Delete…', danger: true, onClick: () => void erase(f) }])]} />,
  };
  const table = (fields: Field[], mine: boolean) => <SmallTable label={mine ? 'Own fields' : 'Fields that every profile has'} columns={mine && canUpdate ? [...columns, actions] : columns} rows={fields} rowKey={(f) => f.name} />;
  return (
    <Stack>
      <Section title="Own fields">
        {own.length === 0 ? <Text c="dimmed">No fields of your own yet. Add what you know about people and want to use in segments and mails, such as a shoe size or a loyalty card.</Text> : table(own, true)}
        {canUpdate && <Group><Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => { drawer.open('new'); }}>Add field</Button></Group>}
      </Section>
      <Section title="Fields that every profile has">{table(database.fields.filter((f) => f.builtin), false)}</Section>
      <SideDrawer name="field" right="databases:update" title={drawer.value === 'new' ? 'Add a field' : 'Edit field'}>
        {(name) => {
          const field = database.fields.find((f) => f.name === name);
          return name === 'new' || field ? <FieldForm key={name} databaseId={database.id} onCancel={drawer.close} onSaved={drawer.close} {...(field ? { field } : {})} /> : null;
        }}
      </SideDrawer>
    </Stack>
  );
}
