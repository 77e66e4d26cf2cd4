import { Button, Group, NumberInput, Select, TagsInput, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { IconButton, type AppFormState } from '@/kit';
import { ruleTypes, type MailServer } from './model';
import { errorOf } from './ServerForm';
import { emptyShare, evenly, totalOf, type RuleValues, type ShareValues, type Values } from './values';
import css from './senders.module.css';

type Form = AppFormState<Values>['form'];
interface Place { form: Form; n: number; servers: readonly MailServer[] }

const serverChoices = (servers: readonly MailServer[], chosen: string) => {
  const found = servers.map((s) => ({ value: String(s.id), label: s.active ? s.name : `${s.name} (switched off)` }));
  return found.some((choice) => choice.value === chosen) ? found : [...found, { value: chosen, label: `Mail server ${chosen}` }];
};

function ShareRow({ form, n, m, servers, onRemove, only }: Place & { m: number; onRemove: () => void; only: boolean }) {
  const at = `rules.${n}.senders.${m}`, share = form.values.rules[n]?.senders[m] ?? emptyShare(0);
  const [open, setOpen] = useState(Boolean(share.from_email || share.from_name || share.reply_to));
  const shown = open || [`${at}.from_email`, `${at}.from_name`, `${at}.reply_to`].some((path) => Boolean(form.errors[path]));
  return (
    <div className={css.share} role="group" aria-label={`Share ${m + 1} of rule ${n + 1}`}>
      <Select label="Mail server" searchable allowDeselect={false} data={serverChoices(servers, share.sender_id)} {...form.getInputProps(`${at}.sender_id`)} />
      <NumberInput label="Share" suffix=" %" min={0} max={100} allowDecimal={false} {...form.getInputProps(`${at}.percent`)} />
      {only ? <span /> : <span className={css.tools}><IconButton label={`Remove share ${m + 1} of rule ${n + 1}`} onClick={onRemove}><IconX size={18} /></IconButton></span>}
      {shown ? (
        <div className={css.origin}>
          <TextInput label="From, address" type="email" placeholder="the mailing’s own" {...form.getInputProps(`${at}.from_email`)} />
          <TextInput label="From, name" placeholder="the mailing’s own" {...form.getInputProps(`${at}.from_name`)} />
          <TextInput label="Replies go to" type="email" placeholder="as the mailing says" {...form.getInputProps(`${at}.reply_to`)} />
        </div>
      ) : <div className={css.whole}><Button variant="subtle" size="compact-sm" ml={-8} onClick={() => { setOpen(true); }}>Send from another address…</Button></div>}
    </div>
  );
}

function Shares({ form, n, servers }: Place) {
  const rule = form.values.rules[n], at = `rules.${n}.senders`;
  if (!rule) return null;
  const total = totalOf(rule), set = (senders: ShareValues[]) => { form.setFieldValue(at, senders); };
  const even = (senders: ShareValues[]) => evenly(senders.length).map((percent, m) => ({ ...(senders[m] ?? emptyShare(0)), percent }));
  return (
    <>
      {rule.senders.map((_, m) => <ShareRow key={m} form={form} n={n} m={m} servers={servers} only={rule.senders.length === 1} onRemove={() => { set(rule.senders.filter((__, other) => other !== m)); }} />)}
      <Group gap="sm">
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => { set([...rule.senders, emptyShare(Math.max(0, 100 - total))]); }}>Share with another server</Button>
        {rule.senders.length > 1 && <Button variant="subtle" size="xs" onClick={() => { set(even(rule.senders)); }}>Share evenly</Button>}
        {rule.senders.length > 1 && <Text size="sm" {...(total === 100 ? { c: 'dimmed' } : { c: 'clay' })}>Together {total} %</Text>}
      </Group>
      {form.errors[at] && <Text size="sm" c="clay" role="alert">{form.errors[at]}</Text>}
    </>
  );
}

/** One rule: whom it is for, and which servers share them. */
export function RuleCard({ form, n, servers }: Place) {
  const { rules } = form.values, rule = rules[n], last = rules.length - 1;
  if (!rule) return null;
  const isDefault = rule.type === 'default', words = ruleTypes.find((t) => t.value === rule.type);
  const move = (to: number) => {
    const next = [...rules];
    next.splice(n, 1);
    next.splice(to, 0, rule);
    form.setFieldValue('rules', next);
  };
  const change = (change: Partial<RuleValues>) => { form.setFieldValue('rules', rules.map((other, at) => (at === n ? { ...other, ...change } : other))); };
  return (
    <div className={css.rule} role="group" aria-label={isDefault ? 'Default rule' : `Rule ${n + 1}`}>
      <div className={css.head}>
        <Text fw={650} style={{ flex: 1 }}>{isDefault ? (last === 0 ? 'All mails' : 'All others') : `Rule ${n + 1}`}</Text>
        {!isDefault && (
          <>
            <IconButton label={`Move rule ${n + 1} up`} disabled={n === 0} onClick={() => { move(n - 1); }}><IconArrowUp size={18} /></IconButton>
            <IconButton label={`Move rule ${n + 1} down`} disabled={n >= last - 1} onClick={() => { move(n + 1); }}><IconArrowDown size={18} /></IconButton>
            <IconButton label={`Remove rule ${n + 1}`} onClick={() => { form.setFieldValue('rules', rules.filter((_, at) => at !== n)); }}><IconX size={18} /></IconButton>
          </>
        )}
      </div>
      {!isDefault && words && (
        <>
          <Select label="For mails" allowDeselect={false} data={ruleTypes.map(({ value, label }) => ({ value, label }))} value={rule.type} onChange={(type) => { if (type) change({ type }); }} />
          <TagsInput label={words.values} description="Enter or comma after each" splitChars={[',', ' ', ';']} acceptValueOnBlur placeholder={rule.values.length > 0 ? '' : rule.type === 'from_email' ? 'news@example.com' : 'gmail.com'}
            value={rule.values} onChange={(values) => { change({ values }); }} error={errorOf(form.errors, `rules.${n}.values`)} />
        </>
      )}
      <Shares form={form} n={n} servers={servers} />
    </div>
  );
}
