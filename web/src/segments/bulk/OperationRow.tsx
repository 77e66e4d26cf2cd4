import { ActionIcon, Checkbox, Group, NumberInput, Paper, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { FieldInput } from '@/profiles/FieldInput';
import { fieldLabel, type Database, type Resource } from '@/profiles/model';
import { consentChannels, useChannels } from '@/channels/model';
import { aboutField, fits, kinds, needsContact, needsSource, newRow, statuses, type Row } from './model';

interface Props { row: Row; number: number; database: Database; resources: readonly Resource[]; error: string | undefined; onChange: (row: Row) => void; onRemove: (() => void) | undefined }

function FieldParts({ row, database, error, onChange }: Omit<Props, 'number' | 'resources' | 'onRemove'>) {
  const choices = database.fields.filter((f) => fits(row.kind, f));
  const field = choices.find((f) => f.name === row.field);
  return (
    <>
      <Select label="Field" searchable placeholder="Choose a field" data={choices.map((f) => ({ value: f.name, label: fieldLabel(f) }))} value={row.field} nothingFoundMessage="No such field here"
        onChange={(name) => { onChange({ ...row, field: name, value: null }); }} {...(row.kind === 'unset' && error ? { error } : {})} />
      {field && row.kind !== 'unset' && (
        <FieldInput field={{ ...field, required: false, label: row.kind === 'increment' ? 'Add (negative takes away)' : row.kind === 'set' ? 'New value' : 'Items', description: '' }}
          value={row.value} onChange={(value) => { onChange({ ...row, value }); }} {...(error ? { error } : {})} />
      )}
    </>
  );
}

function ConsentParts({ row, resources, error, onChange }: Omit<Props, 'number' | 'database' | 'onRemove'>) {
  const resource = resources.find((r) => String(r.id) === row.resource);
  const offered = consentChannels(useChannels()).filter((c) => (resource?.channels ?? ['email', 'sms']).includes(c.value as 'email'));
  const others = resources.filter((r) => String(r.id) !== row.resource && r.channels.includes((row.channel ?? 'email') as 'email'));
  return (
    <>
      {row.kind !== 'status' && <Select label="Resource" placeholder="Choose a resource" data={resources.map((r) => ({ value: String(r.id), label: r.name }))} value={row.resource} onChange={(value) => { onChange({ ...row, resource: value, contact: row.contact === value ? null : row.contact }); }} {...(error ? { error } : {})} />}
      {row.kind !== 'status' && <Select label="Channel" clearable={row.kind !== 'subscribe'} allowDeselect={row.kind !== 'subscribe'} placeholder="Every channel" data={[...offered]} value={row.channel} onChange={(value) => { onChange({ ...row, channel: value, contact: null }); }} />}
      {row.kind === 'subscribe' && (
        <Select label="At which contact" clearable={!needsContact(row)} placeholder={needsContact(row) ? 'Choose a resource' : row.channel === 'sms' ? 'Their own phone number' : 'Their own address'} nothingFoundMessage="No other resource has this channel"
          data={others.map((r) => ({ value: String(r.id), label: `As subscribed to ${r.name}` }))} value={others.some((r) => String(r.id) === row.contact) ? row.contact : null} onChange={(contact) => { onChange({ ...row, contact }); }} />
      )}
      {row.kind === 'pause' && <NumberInput label="Days" min={1} max={365} allowDecimal={false} value={row.days} onChange={(value) => { if (typeof value === 'number' && value >= 1) onChange({ ...row, days: Math.min(365, value) }); }} />}
      {row.kind === 'status' && <Select label="Status" placeholder="Choose a status" data={statuses} value={row.status} onChange={(value) => { onChange({ ...row, status: value }); }} {...(error ? { error } : {})} />}
      {row.kind === 'subscribe' && <Select label="As" allowDeselect={false} data={[{ value: 'subscribed', label: 'Subscribed' }, { value: 'unconfirmed', label: 'Unconfirmed' }]} value={row.status} onChange={(value) => { onChange({ ...row, status: value }); }} />}
    </>
  );
}

/** One operation: what is done, to which field or resource, with which value. */
export function OperationRow({ row, number, database, resources, error, onChange, onRemove }: Props) {
  const mayRaise = (row.kind === 'status' && row.status === 'subscribed') || row.kind === 'subscribe' || (row.kind === 'status' && row.status === 'unconfirmed');
  return (
    <Paper withBorder p="sm" role="group" aria-label={`Operation ${number}`}>
      <Group align="flex-start" wrap="nowrap" gap="xs">
        <Stack gap="sm" style={{ flex: 1, minWidth: 0 }}>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: aboutField(row.kind) ? 3 : 4 }} spacing="sm">
            <Select label="What to do" allowDeselect={false} data={kinds.map((g) => ({ group: g.group, items: [...g.items] }))} value={row.kind}
              onChange={(kind) => { if (kind) onChange({ ...newRow(kind), key: row.key, ...(aboutField(kind) ? {} : { resource: row.resource }) }); }} />
            {aboutField(row.kind) ? <FieldParts row={row} database={database} error={error} onChange={onChange} /> : <ConsentParts row={row} resources={resources} error={error} onChange={onChange} />}
          </SimpleGrid>
          {mayRaise && <Checkbox label="Also those who have left: I have proof that they agreed again" checked={row.raises} onChange={(event) => { onChange({ ...row, raises: event.currentTarget.checked }); }} />}
          {needsSource(row) && <TextInput label="How did they agree?" description="A form, a shop, a contract. It is kept with each subscription as the proof." value={row.source} onChange={(event) => { onChange({ ...row, source: event.currentTarget.value }); }} maw={520} />}
          {row.kind === 'unsubscribe' && <Text size="xs" c="dimmed">Whoever is let go hears nothing until they agree again.</Text>}
        </Stack>
        {onRemove && <ActionIcon variant="subtle" color="gray" aria-label={`Remove operation ${number}`} onClick={onRemove} mt={26}><IconTrash size={18} /></ActionIcon>}
      </Group>
    </Paper>
  );
}
