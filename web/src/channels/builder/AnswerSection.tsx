import { Checkbox, Select, SimpleGrid, TagsInput, Text, TextInput } from '@mantine/core';
import { Section } from '@/kit';
import type { AnswerRule } from '../model';
import { outcomes, outcomeWords, whenWords } from '../words';
import { Conditions } from './Conditions';
import { Rows, type Form } from './Rows';

const fresh = (): AnswerRule => ({ statuses: ['4xx'], conditions: [], outcome: 'failed', reason: '', unsubscribes: false });
const statuses = ['2xx', '3xx', '4xx', '5xx', '200', '400', '401', '403', '404', '429', '500', '503'];
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What the provider's answer means for the message. */
export function AnswerSection({ form }: { form: Form }) {
  const { rules } = form.values.definition.answer;
  return (
    <Section title="Response rules" text="What an answer of the provider means. They are tried from the top; the first that fits decides.">
      <Rows form={form} path="definition.answer.rules" label="Response rules" count={rules.length} most={50} ordered add="Add response rule" fresh={fresh} named={(n) => `rule ${n + 1}`}
        summary={(n) => { const rule = rules[n]; return rule ? <>When {whenWords(rule)}: <b>{outcomeWords(rule.outcome)}</b>{rule.unsubscribes && ', and their subscription ends'}{rule.reason && <Text span size="sm" c="dimmed"> · {rule.reason}</Text>}</> : null; }}>
        {(n) => {
          const at = `definition.answer.rules.${n}` as const, rule = rules[n];
          return rule && (
            <>
              <TagsInput label="Status" description="Such as 200, 2xx or 400-499; empty: any" data={statuses} {...form.getInputProps(`${at}.statuses`)} />
              <Conditions form={form} path={`${at}.conditions`} rows={rule.conditions} what="And in the answer, read as JSON" />
              <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
                <Select label="Then" allowDeselect={false} data={outcomes.map(({ value, label }) => ({ value, label }))} description={outcomes.find((o) => o.value === rule.outcome)?.help} {...form.getInputProps(`${at}.outcome`)} />
                <TextInput label="Reason" description="Said in the report in place of the provider’s own" {...form.getInputProps(`${at}.reason`)} />
              </SimpleGrid>
              {rule.outcome === 'failed' && <Checkbox label="Also end their subscription" description="Such as when the person has blocked the bot" {...form.getInputProps(`${at}.unsubscribes`, { type: 'checkbox' })} />}
            </>
          );
        }}
      </Rows>
      <Select label="Otherwise" description="When no rule fits" allowDeselect={false} w={{ base: '100%', sm: 280 }} data={outcomes.map(({ value, label }) => ({ value, label: capital(label) }))} {...form.getInputProps('definition.answer.otherwise')} />
      <Text fw={550}>Where the answer says it</Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <TextInput label="Why it failed" description="A path in the JSON, such as error.text" spellCheck={false} {...form.getInputProps('definition.answer.reason')} />
        <TextInput label="How long to wait" description="Seconds; the header Retry-After is heeded too" spellCheck={false} {...form.getInputProps('definition.answer.retry_after')} />
      </SimpleGrid>
      <TagsInput label="The provider’s id of the message" description="By which it tells of it later; several paths where one alone is not unique" maxTags={4} {...form.getInputProps('definition.answer.message_id')} />
    </Section>
  );
}

export function LimitsSection({ form }: { form: Form }) {
  return (
    <Section title="Limits" text="How much the provider takes. All mailings of the channel keep to them together.">
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
        <NumberField form={form} name="rate" label="Requests a second" hint="0: no limit" />
        <NumberField form={form} name="connections" label="At the same time" hint="Connections of one sender" />
        <NumberField form={form} name="timeout" label="Wait for an answer" hint="Seconds, 1 to 120" />
      </SimpleGrid>
    </Section>
  );
}

function NumberField({ form, name, label, hint }: { form: Form; name: 'rate' | 'connections' | 'timeout'; label: string; hint: string }) {
  return <TextInput type="number" inputMode="decimal" label={label} description={hint} {...form.getInputProps(`definition.limits.${name}`)} />;
}
