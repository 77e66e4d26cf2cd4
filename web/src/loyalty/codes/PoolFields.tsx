import { ActionIcon, Button, Checkbox, Fieldset, Group, NumberInput, PasswordInput, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { formatCount, formatNumber, Section, type AppFormState } from '@/kit';
import { exampleOf, expiries, roomOf } from './model';
import { periodOf, splitPeriod, units, type Values } from './values';

type Props = { state: AppFormState<Values>; kept: boolean };

function Service({ state }: Props) {
  const { form: f } = state;
  return (
    <>
      <TextInput label="Address" description='It gets {"pool", "count", "request"} as JSON and answers {"codes": ["A1", …]}' {...f.getInputProps('remote_url')} />
      <Fieldset legend="Headers" variant="unstyled">
        <Stack gap="sm">
          <Text size="sm" c="dimmed">What the service wants for signing in. Their values are encrypted, not shown again, and sent to this server only.</Text>
          {f.values.remote_headers.map((row, n) => (
            <Group key={n} gap="sm" align="flex-start" wrap="nowrap">
              <TextInput label="Header" style={{ flex: 1 }} readOnly={row.stored} autoComplete="off" placeholder="Authorization" {...f.getInputProps(`remote_headers.${n}.name`)} />
              <PasswordInput label="Value" style={{ flex: 1 }} autoComplete="off" placeholder={row.stored ? 'stored; type to replace' : ''} {...f.getInputProps(`remote_headers.${n}.value`)} />
              <ActionIcon variant="subtle" color="gray" mt={26} size="lg" aria-label={`Remove header ${row.name || n + 1}`} onClick={() => { f.removeListItem('remote_headers', n); }}><IconX size={16} /></ActionIcon>
            </Group>
          ))}
          <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { f.insertListItem('remote_headers', { name: '', value: '', stored: false }); }}>Add header</Button></Group>
        </Stack>
      </Fieldset>
      <NumberInput label="Codes in one request, at most" min={1} max={10_000} thousandSeparator="," {...f.getInputProps('remote_batch')} />
    </>
  );
}

function Pattern({ state }: Props) {
  const { form: f } = state;
  const example = exampleOf(f.values.pattern);
  const words = example === null ? '# is a digit, @ a letter, * either; the rest stays as it is' : `# is a digit, @ a letter, * either. Such as ${example}; room for ${formatCount(roomOf(f.values.pattern), 'code', 'codes')} that nobody guesses`;
  return <TextInput label="Pattern" spellCheck={false} description={words} styles={{ input: { fontFamily: 'monospace' } }} {...f.getInputProps('pattern')} />;
}

/** How long codes are good, and when anybody gets them. */
function Times({ state }: Props) {
  const { form: f } = state;
  const { n, unit } = splitPeriod(f.values.expiry.period);
  return (
    <Section title="Times">
      <Group gap="sm" align="flex-start" grow>
        <TextInput label="Given from" type="datetime-local" description="Empty: at once" {...f.getInputProps('valid_from')} />
        <TextInput label="Given until" type="datetime-local" description="Who has one then can still use it" {...f.getInputProps('valid_until')} />
      </Group>
      <Text size="sm" c="dimmed">In your own time zone. Within these times codes are made, given and sent.</Text>
      <Radio.Group label="Codes expire" {...f.getInputProps('expiry.kind')}>
        <Stack gap={6} mt={6}>{expiries.map((one) => <Radio key={one.value} value={one.value} label={one.label} />)}</Stack>
      </Radio.Group>
      {f.values.expiry.kind === 'after' && (
        <Group gap="sm" align="flex-start" wrap="nowrap">
          <NumberInput label="They last" min={1} w={140} value={n} error={f.errors['expiry.period']} onChange={(value) => { f.setFieldValue('expiry.period', periodOf(value, unit)); }} />
          <Select label="Unit" data={[...units]} allowDeselect={false} w={140} value={unit} onChange={(value) => { f.setFieldValue('expiry.period', periodOf(n, value ?? 'D')); }} />
        </Group>
      )}
      {f.values.expiry.kind === 'fixed' && <TextInput label="They expire at" type="datetime-local" w={260} {...f.getInputProps('expiry.at')} />}
    </Section>
  );
}

function Extra({ state }: Props) {
  const { form: f } = state;
  return (
    <Fieldset legend="Further values of a code" variant="unstyled">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">Such as the sum that stands on a voucher. Files and the API bring them with the codes.</Text>
        {f.values.fields.map((_, n) => (
          <Group key={n} gap="sm" align="flex-start" wrap="nowrap">
            <TextInput label="Key" style={{ flex: 1 }} spellCheck={false} {...f.getInputProps(`fields.${n}.key`)} />
            <TextInput label="Called" style={{ flex: 1 }} {...f.getInputProps(`fields.${n}.name`)} />
            <ActionIcon variant="subtle" color="gray" mt={26} size="lg" aria-label={`Remove value ${n + 1}`} onClick={() => { f.removeListItem('fields', n); }}><IconX size={16} /></ActionIcon>
          </Group>
        ))}
        <Group><Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { f.insertListItem('fields', { key: '', name: '' }); }}>Add value</Button></Group>
      </Stack>
    </Fieldset>
  );
}

/** Where codes come from, how often they count, when they end. */
export function PoolFields({ state, kept }: Props) {
  const { form: f } = state;
  const universal = f.values.kind === 'universal';
  return (
    <>
      {f.values.way !== 'file' && <Section title="How codes are made">{f.values.way === 'template' ? <Pattern state={state} kept={kept} /> : <Service state={state} kept={kept} />}</Section>}
      <Section title="How often a code counts">
        <Group gap="sm" align="flex-start" grow>
          <NumberInput label={universal ? 'Uses in all' : 'Uses of one code'} description="Empty: any number" min={1} thousandSeparator="," {...f.getInputProps('max_uses')} />
          <NumberInput label="Uses by one person" description="Empty: any number" min={1} thousandSeparator="," {...f.getInputProps('max_uses_per_person')} />
        </Group>
      </Section>
      <Times state={state} kept={kept} />
      <Section title="Stock">
        <Group gap="sm" align="flex-start" grow>
          <NumberInput label="Codes in the pool, at most" min={1} thousandSeparator="," {...f.getInputProps('code_limit')} />
          {!universal && <NumberInput label="Warn when so few are left" description="0: no warning" min={0} thousandSeparator="," {...f.getInputProps('warn_below')} />}
        </Group>
        {!universal && f.values.way !== 'file' && (
          <Stack gap="xs">
            <Checkbox label="Mailings may make codes" description={f.values.way === 'remote' ? 'The service is asked for more before the pool runs dry' : 'Who would get none is given a new one'} {...f.getInputProps('mailings_create', { type: 'checkbox' })} />
            <Checkbox label="Scenarios may make codes" {...f.getInputProps('scenarios_create', { type: 'checkbox' })} />
          </Stack>
        )}
        {!kept && f.values.way === 'template' && <Text size="sm" c="dimmed">After the pool is made, you say how many codes you want: up to {formatNumber(5_000_000)} at a time.</Text>}
        <Extra state={state} kept={kept} />
      </Section>
    </>
  );
}
