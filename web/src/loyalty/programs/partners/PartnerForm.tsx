import { Group, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, useAppForm } from '@/kit';
import type { Partner, Program } from '../model';
import { brandsOf, ofBrands } from './form';

interface Values extends Record<string, unknown> { name: string; external_id: string; brands: string[]; multiplier: string; share: string; currency: string; starts_on: string; ends_on: string }

const number = (text: string) => /^\d+(\.\d+)?$/.test(text.trim());
const day = (text: string) => !text.trim() || /^\d{4}-\d\d-\d\d$/.test(text.trim());
const check = (v: Values) => ({
  name: v.name.trim() ? null : 'Enter a name for the partner',
  multiplier: number(v.multiplier) ? null : 'Enter a number like 2 or 1.5', share: number(v.share) && Number(v.share) <= 100 ? null : 'Enter 0 to 100 percent',
  starts_on: day(v.starts_on) ? null : 'Write a day like 2026-12-01', ends_on: day(v.ends_on) ? null : 'Write a day like 2026-12-31',
});

/** A partner: which products, how many times over they earn, and who pays. */
export function PartnerForm({ program, partner, onClose }: { program: Program; partner: Partner | undefined; onClose: () => void }) {
  const brands = brandsOf(partner?.products ?? null);
  const form = useAppForm<Values>({
    initialValues: {
      name: partner?.name ?? '', external_id: partner?.external_id ?? '', brands: brands ?? [], multiplier: partner?.multiplier ?? '1', share: partner?.share ?? '0', currency: partner?.currency ?? 'EUR',
      starts_on: partner?.starts_on ?? '', ends_on: partner?.ends_on ?? '',
    }, check, paths: { products: 'brands' },
  });
  const f = form.form;
  const save = useAction({
    refresh: [['programs']],
    run: (v: Values, { headers }) => {
      const body = {
        name: v.name.trim(), multiplier: v.multiplier.trim(), share: v.share.trim(), currency: Number(v.share) > 0 ? v.currency : null, starts_on: v.starts_on.trim() || null, ends_on: v.ends_on.trim() || null,
        ...(brands === null ? {} : { products: ofBrands(v.brands) }),
      };
      return partner
        ? ok(api.PATCH('/api/v1/loyalty/programs/{program_id}/partners/{partner_id}', { params: { path: { program_id: program.id, partner_id: partner.id } }, body }))
        : ok(api.POST('/api/v1/loyalty/programs/{program_id}/partners', { params: { path: { program_id: program.id } }, body: { ...body, external_id: v.external_id.trim() || null }, headers }));
    },
    onDone: () => { doneToast('Partner saved'); onClose(); },
  });
  return (
    <AppForm state={form} mode="create" saveLabel={partner ? 'Save partner' : 'Add partner'} onCancel={onClose} onSave={(v) => save.mutateAsync(v)}>
      <Stack gap="sm">
        <TextInput label="Name" {...f.getInputProps('name')} />
        {!partner && <TextInput label="Key" description="How others name it; made of the name if empty" {...f.getInputProps('external_id')} />}
        {brands === null ? <Text size="sm" c="dimmed">Its products are chosen by a condition that was set by the API; it stays as it is.</Text>
          : <TagsInput label="Brands" description="Products of these brands; none: all products" {...f.getInputProps('brands')} />}
        <TextInput label="Points, how many times over" description="1: as many as other products earn" inputMode="decimal" {...f.getInputProps('multiplier')} />
        <Group align="flex-start" gap="sm" wrap="nowrap">
          <TextInput label="Partner pays" description="Percent of their value" inputMode="decimal" style={{ flex: 1 }} {...f.getInputProps('share')} />
          <TextInput label="Currency" description="Three letters" w={120} maxLength={3} {...f.getInputProps('currency')} onChange={(e) => { f.setFieldValue('currency', e.currentTarget.value.toUpperCase()); }} />
        </Group>
        <Group align="flex-start" gap="sm" grow>
          <TextInput label="From" description="First day; empty: at once" type="date" {...f.getInputProps('starts_on')} />
          <TextInput label="Until" description="Last day; empty: open" type="date" {...f.getInputProps('ends_on')} />
        </Group>
      </Stack>
    </AppForm>
  );
}
