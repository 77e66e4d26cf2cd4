import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { confirmTyped, doneToast, failToast, MenuActions, NO_VALUE, Rate, Section, SideDrawer, useDrawer } from '@/kit';
import { FieldForm } from './FieldForm';
import { fieldLabel, fieldTypes, type Database, type Field } from './model';

function marks(field: Field): string {
  return [field.unique ? 'unique' : '', field.required ? 'mandatory' : '', field.validator ? `pattern ${field.validator}` : '', field.options.length > 0 && !field.builtin ? `${field.options.length} choices` : ''].filter(Boolean).join(' · ');
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
    const yes = await confirmTyped({ title: `Delete the field ${fieldLabel(field)}?`, body: 'Its values are deleted from every profile and cannot be brought back.', action: 'Delete field', keep: 'Keep it', name: field.name });
    if (yes) remove.mutate(field.name, { onSuccess: () => { doneToast(`${fieldLabel(field)} deleted`); }, onError: failToast });
  };
  const own = database.fields.filter((f) => !f.builtin);
  const table = (fields: Field[]) => (
    <Table.ScrollContainer minWidth={520} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs">
        <Table.Thead><Table.Tr><Table.Th>Field</Table.Th><Table.Th>Type</Table.Th><Table.Th>Filled</Table.Th><Table.Th>Rules</Table.Th><Table.Th aria-label="Actions" /></Table.Tr></Table.Thead>
        <Table.Tbody>
          {fields.map((field) => (
            <Table.Tr key={field.name}>
              <Table.Td>{fieldLabel(field)} <Text span c="dimmed" size="xs">{field.name}</Text></Table.Td>
              <Table.Td>{fieldTypes.find((t) => t.value === field.type)?.label}</Table.Td>
              <Table.Td>{filled?.[field.name] === undefined || !counters ? NO_VALUE : <Rate part={filled[field.name]} whole={counters.total} short />}</Table.Td>
              <Table.Td>{marks(field) || NO_VALUE}</Table.Td>
              <Table.Td ta="right">{!field.builtin && canUpdate && <MenuActions label={`Actions for ${fieldLabel(field)}`} actions={[{ label: 'Edit', onClick: () => { drawer.open(field.name); } }, { label: 'Delete…', danger: true, onClick: () => void erase(field) }]} />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
  return (
    <Stack>
      <Section title="Own fields">
        {own.length === 0 ? <Text c="dimmed">No fields of your own yet. Add what you know about people and want to use in segments and mails, such as a shoe size or a loyalty card.</Text> : table(own)}
        {canUpdate && <Group><Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => { drawer.open('new'); }}>Add field</Button></Group>}
      </Section>
      <Section title="Fields that every profile has">{table(database.fields.filter((f) => f.builtin))}</Section>
      <SideDrawer name="field" title={drawer.value === 'new' ? 'Add a field' : 'Edit field'}>
        {(name) => {
          const field = database.fields.find((f) => f.name === name);
          return name === 'new' || field ? <FieldForm key={name} databaseId={database.id} onCancel={drawer.close} onSaved={drawer.close} {...(field ? { field } : {})} /> : null;
        }}
      </SideDrawer>
    </Stack>
  );
}
