import { Button, Group, Stack, Text } from '@mantine/core';
import { IconPlus, IconStar } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { failToast, FirstUse, Loaded, MenuActions, Section, SideDrawer, ToneBadge, undoToast, useDrawer } from '@/kit';
import { usePoints, type PointType, type Program } from '../model';
import { pointsWords } from '../words';
import { Example } from './Example';
import { PointForm } from './PointForm';

/** What members earn: each kind of points as sentences, with an example. */
export function PointsTab({ program }: { program: Program }) {
  const query = usePoints(program.id);
  const can = useCan('loyalty:update') && program.state !== 'archived';
  const drawer = useDrawer('points');
  const path = (kind: PointType) => ({ params: { path: { program_id: program.id, point_type_id: kind.id } } });
  const back = useAction({ refresh: [['programs']], run: (kind: PointType, { headers }) => ok(api.POST('/api/v1/loyalty/programs/{program_id}/points/{point_type_id}/restore', { ...path(kind), headers })) });
  const away = useAction({ refresh: [['programs']], run: (kind: PointType) => ok(api.DELETE('/api/v1/loyalty/programs/{program_id}/points/{point_type_id}', path(kind))) });
  const archive = (kind: PointType) => { away.mutate(kind, { onSuccess: () => { undoToast(`${kind.name} archived`, () => back.mutateAsync(kind)); }, onError: failToast }); };
  const add = can ? <Button leftSection={<IconPlus size={16} />} variant="default" onClick={() => { drawer.open('new'); }}>Add points</Button> : null;
  return (
    <Loaded query={query} what="the points">
      {(items) => (
        <Stack gap="md">
          {items.length === 0 && <FirstUse icon={IconStar} title="Say what members earn" text="Standard points are earned and spent. Qualification points only decide the level: who collects them moves up." {...(can ? { primary: { label: 'Add points', onClick: () => { drawer.open('new'); } } } : {})} />}
          {items.map((kind) => (
            <Section key={kind.id} title={kind.name} actions={
              <Group gap="xs">
                <ToneBadge tone={kind.kind === 'standard' ? 'plum' : 'iris'}>{kind.kind === 'standard' ? 'Standard' : 'Qualification'}</ToneBadge>
                {can && <MenuActions label={`Actions for ${kind.name}`} actions={[{ label: 'Change…', onClick: () => { drawer.open(kind.id); } }, { label: 'Archive', danger: true, onClick: () => { archive(kind); } }]} />}
              </Group>
            }>
              <Text>{pointsWords(kind).join(' · ')}</Text>
              <Example program={program} kind={kind.kind} delay={kind.delay} expiry={kind.expiry} />
              <Text size="sm" c="dimmed" mt={4}>Key <code>{kind.key}</code> · {kind.places === 0 ? 'whole points' : `${kind.places} decimal places`} · calculated amounts are rounded {kind.rounding === 'down' ? 'down' : kind.rounding === 'up' ? 'up' : 'to the nearest'}</Text>
            </Section>
          ))}
          {items.length > 0 && <div>{add}</div>}
          <SideDrawer name="points" size={720} right="loyalty:update" title="Points">
            {(value) => {
              const kind = items.find((item) => String(item.id) === value);
              return value === 'new' || kind ? <PointForm program={program} kind={kind} onClose={drawer.close} /> : <Text c="dimmed">These points are not there any more.</Text>;
            }}
          </SideDrawer>
        </Stack>
      )}
    </Loaded>
  );
}
