import { Checkbox, Group, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, useAppForm } from '@/kit';
import { Conditions } from './Conditions';
import { keyOf, type Condition, type Goal } from './model';

interface Values extends Record<string, unknown> { name: string; key: string; description: string; default_value: string; money: boolean; currency: string; active: boolean; conditions: Condition[] }

function conditionFault(c: Condition): string | null {
  if (c.when === 'address') return c.contains.trim() ? null : 'Enter a part of the address';
  if (c.when === 'click') return c.selector.trim() ? null : 'Enter a CSS selector';
  if (c.when === 'seconds') return c.seconds >= 1 && c.seconds <= 3600 ? null : 'Enter 1 to 3600';
  return c.percent >= 1 && c.percent <= 100 ? null : 'Enter 1 to 100';
}

function check(v: Values): Record<string, string | null> {
  return {
    name: v.name.trim() ? null : 'Enter a name for the goal',
    key: /^[a-z0-9][a-z0-9_.-]*$/.test(v.key) ? null : 'Use lower-case letters a to z, digits, _ - and dots',
    default_value: v.default_value.trim() === '' || Number.isFinite(Number(v.default_value)) ? null : 'Enter a number, like 12.50',
    currency: !v.money || /^[A-Z]{3}$/.test(v.currency) ? null : 'Enter three capital letters, like EUR',
    ...Object.fromEntries(v.conditions.map((c, n) => [`conditions.${n}`, conditionFault(c)])),
  };
}

/** Defines a goal, or changes one. */
export function GoalForm({ databaseId, goal, onSaved, onCancel }: { databaseId: number; goal?: Goal; onSaved: (goal: Goal) => void; onCancel: () => void }) {
  const [ownKey, setOwnKey] = useState(goal !== undefined);
  const form = useAppForm<Values>({
    initialValues: {
      name: goal?.name ?? '', key: goal?.key ?? '', description: goal?.description ?? '', default_value: goal?.default_value ?? '',
      money: Boolean(goal?.currency), currency: goal?.currency ?? 'EUR', active: goal?.active ?? true, conditions: goal?.conditions ?? [],
    },
    check,
  });
  const save = useAction({
    refresh: [['goals']],
    run: (v: Values, { headers }) => {
      const body = { name: v.name.trim(), description: v.description.trim(), default_value: v.default_value.trim() || null, currency: v.money ? v.currency : null, active: v.active, conditions: v.conditions };
      return goal ? ok(api.PATCH('/api/v1/goals/{goal_id}', { params: { path: { goal_id: goal.id } }, body })) : ok(api.POST('/api/v1/goals', { body: { ...body, database_id: databaseId, key: v.key }, headers }));
    },
  });
  const { form: f } = form;
  const errors = f.errors as Record<string, string | undefined>;
  return (
    <AppForm state={form} mode="create" guard={false} saveLabel={goal ? 'Save goal' : 'Define goal'} onCancel={onCancel} onSave={async (v) => { onSaved(await save.mutateAsync(v)); }}>
      <TextInput label="Name" description="Such as Signed up, or Price list downloaded" maxLength={128} {...f.getInputProps('name')}
        onChange={(e) => { f.setFieldValue('name', e.currentTarget.value); if (!ownKey) f.setFieldValue('key', keyOf(e.currentTarget.value)); }} />
      <TextInput label="Key" description={goal ? 'Its name in your code; it stays as it is' : 'Its name in your code'} disabled={goal !== undefined} {...f.getInputProps('key')}
        onChange={(e) => { setOwnKey(true); f.setFieldValue('key', e.currentTarget.value); }} />
      <Textarea label="Description" autosize minRows={2} {...f.getInputProps('description')} />
      <Group align="flex-start" gap="md">
        <TextInput label="Value" description="When none is told" w={160} inputMode="decimal" {...f.getInputProps('default_value')} />
        {f.values.money && <TextInput label="Currency" description="Three letters" w={120} maxLength={3} {...f.getInputProps('currency')} onChange={(e) => { f.setFieldValue('currency', e.currentTarget.value.toUpperCase()); }} />}
      </Group>
      <Checkbox label="The value is money" description="It counts as revenue in reports of mailings" {...f.getInputProps('money', { type: 'checkbox' })} />
      <Conditions value={f.values.conditions} onChange={(value) => { f.setFieldValue('conditions', value); }} errors={(n) => errors[`conditions.${n}`]} />
      <Checkbox label="Active" description="A goal that is not active cannot be reached" {...f.getInputProps('active', { type: 'checkbox' })} />
    </AppForm>
  );
}
