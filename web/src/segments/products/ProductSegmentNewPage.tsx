import { Paper, Radio, Stack, Text, TextInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { AppForm, doneToast, NeedRight, Page, paths, Section, useAppForm, useGo, useSearchParam } from '@/kit';
import { ProductBuilderPage } from './ProductBuilderPage';
import { kinds, words, type Entity } from './model';

const crumbs = [{ label: 'Product segments', href: paths.productSegments() }];

function StaticForm({ entity }: { entity: Entity }) {
  const go = useGo();
  const state = useAppForm({ initialValues: { name: '', description: '' }, check: (v: { name: string; description: string }) => ({ name: v.name.trim() ? null : 'Enter a name for the segment' }) });
  const save = useAction({ refresh: [['product-segments']], run: (v: { name: string; description: string }, { headers }) => ok(api.POST('/api/v1/market/product-segments', { body: { entity, type: 'static', ...v }, headers })) });
  return (
    <AppForm state={state} mode="create" saveLabel="Create list" onSave={async (v) => { const made = await save.mutateAsync(v); doneToast('Product segment created'); go(paths.productSegment(made.id)); }}>
      <Section>
        <Stack gap="md" maw={520}>
          <TextInput label="Name" placeholder="This week’s offers" {...state.form.getInputProps('name')} />
          <Textarea label="Description" autosize minRows={1} maxRows={6} {...state.form.getInputProps('description')} />
        </Stack>
      </Section>
    </AppForm>
  );
}

/** First what it holds and how it is filled, then its rules or its name. */
export function ProductSegmentNewPage() {
  const can = useCan('market:create');
  const [type, setType] = useSearchParam('type');
  const [held, setHeld] = useSearchParam('entity');
  const [entity, setEntity] = useState<Entity>('product');
  if (!can) return <NeedRight title="New product segment" crumbs={crumbs} what="make product segments" right="market:create" />;
  const chosen: Entity = held === 'sku' ? 'sku' : 'product';
  if (type === 'updatable') return <ProductBuilderPage entity={chosen} />;
  return (
    <Page title="New product segment" crumbs={crumbs} width="form" help={{ text: 'What a segment holds and its kind stay as they are chosen here.', guide: 'product-segments' }}>
      {type === 'static' ? <StaticForm entity={chosen} /> : (
        <Stack gap="md">
          <Section title="What it holds">
            <Radio.Group aria-label="What it holds" value={entity} onChange={(value) => { setEntity(value === 'sku' ? 'sku' : 'product'); }}>
              <Stack gap="xs">{Object.entries(words).map(([value, w]) => <Radio key={value} value={value} label={w.holds} description={w.text} />)}</Stack>
            </Radio.Group>
          </Section>
          {kinds.map((kind) => (
            <Paper key={kind.value} component="button" type="button" withBorder p="md" ta="left" style={{ cursor: 'pointer' }} onClick={() => { setHeld(entity); setType(kind.value); }}>
              <Text fw={650}>{kind.label}</Text>
              <Text>{kind.text}</Text>
              <Text c="dimmed" size="sm">{kind.more}</Text>
            </Paper>
          ))}
        </Stack>
      )}
    </Page>
  );
}
