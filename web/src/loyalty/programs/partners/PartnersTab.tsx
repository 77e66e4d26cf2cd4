import { Button, Stack, Text } from '@mantine/core';
import { IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, FirstUse, formatDay, Loaded, MenuActions, NO_VALUE, Section, SideDrawer, SmallTable, undoToast, useDrawer, type Column } from '@/kit';
import { usePartners, type Partner, type Program } from '../model';
import { productWords } from './form';
import { PartnerForm } from './PartnerForm';

const day = (text: string) => formatDay(`${text}T12:00:00Z`, 'UTC');
const when = (p: Partner) => (p.starts_on && p.ends_on ? `${day(p.starts_on)} – ${day(p.ends_on)}` : p.starts_on ? `from ${day(p.starts_on)}` : p.ends_on ? `until ${day(p.ends_on)}` : 'always');

/** Whose products earn points too, how many times over, and who pays for them. */
export function PartnersTab({ program }: { program: Program }) {
  const query = usePartners(program.id);
  const can = useCan('loyalty:update') && program.state !== 'archived';
  const drawer = useDrawer('partner');
  const path = (p: Partner) => ({ params: { path: { program_id: program.id, partner_id: p.id } } });
  const back = useAction({ refresh: [['programs']], run: (p: Partner, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/partners/{partner_id}/restore', { ...path(p), headers })) });
  const away = useAction({ refresh: [['programs']], run: (p: Partner) => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}/partners/{partner_id}', path(p))) });
  const columns: Column<Partner>[] = [
    { key: 'name', header: 'Partner', cell: (p) => p.name },
    { key: 'products', header: 'Products', priority: 2, cell: (p) => productWords(p.products) },
    { key: 'multiplier', header: 'Points', align: 'right', priority: 2, cell: (p) => `× ${p.multiplier}` },
    { key: 'share', header: 'Partner pays', align: 'right', priority: 2, cell: (p) => (p.share === '0' ? NO_VALUE : `${p.share} %${p.currency ? ` in ${p.currency}` : ''}`) },
    { key: 'when', header: 'When', priority: 3, cell: when },
    { key: 'actions', header: 'Actions', align: 'right', priority: 1, cell: (p) => can && <MenuActions label={`Actions for ${p.name}`} actions={[{ label: 'Change…', onClick: () => { drawer.open(p.id); } }, { label: 'Archive', danger: true, onClick: () => { away.mutate(p, { onSuccess: () => { undoToast(`${p.name} archived`, () => back.mutateAsync(p)); }, onError: failToast }); } }]} /> },
  ];
  const open = () => { drawer.open('new'); };
  return (
    <Loaded query={query} what="the partners">
      {(items) => (
        <Stack gap="md">
          {items.length === 0
            ? <FirstUse icon={IconUsersGroup} title="Points from partners" text="Other brands in your shop may pay for the points that their products earn: say which products, how many times over, and which share they carry." {...(can ? { primary: { label: 'Add a partner', onClick: open } } : {})} />
            : <Section title="Partners" {...(can ? { actions: <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />} onClick={open}>Add a partner</Button> } : {})}><SmallTable<Partner> label="Partners" columns={columns} rows={items} rowKey={(p) => p.id} /></Section>}
          <SideDrawer name="partner" right="loyalty:update" title="Partner">
            {(value) => {
              const partner = items.find((item) => String(item.id) === value);
              return value === 'new' || partner ? <PartnerForm program={program} partner={partner} onClose={drawer.close} /> : <Text c="dimmed">This partner is not there any more.</Text>;
            }}
          </SideDrawer>
        </Stack>
      )}
    </Loaded>
  );
}
