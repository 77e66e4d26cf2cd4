import { ActionIcon, Button, Group, Image, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { AppForm, doneToast, useAppForm } from '@/kit';
import { picturesOf, type ProductDetail } from '../model';
import { wrongAddress } from './values';

const MOST = 50;

/** The pictures of a product in their order, the first one large. */
export function PicturesForm({ product, onSaved }: { product: ProductDetail; onSaved: () => void }) {
  const f = useAppForm<{ pictures: string[] }>({
    initialValues: { pictures: picturesOf(product) },
    check: (v) => Object.fromEntries(v.pictures.map((address, n) => [`pictures.${n}`, address.trim() ? wrongAddress(address) : 'Enter the address of the picture, or remove it'])),
    paths: { image_url: 'pictures.0' },
  });
  const save = useAction({
    refresh: [['products']],
    run: (v: { pictures: string[] }, { headers }) => {
      const pictures = [...new Set(v.pictures.map((one) => one.trim()))];
      return ok(api.PATCH('/api/v1/market/products/{product_id}', { params: { path: { product_id: product.id } }, body: { pictures, image_url: pictures[0] ?? null }, headers }));
    },
  });
  const all = f.form.values.pictures;
  const put = (pictures: string[]) => { f.form.setFieldValue('pictures', pictures); };
  const first = (n: number) => { put([all[n] ?? '', ...all.filter((_, at) => at !== n)]); };
  return (
    <AppForm state={f} mode="edit" saveLabel="Save pictures" onSave={async (v) => { await save.mutateAsync(v); doneToast(`Pictures of ${product.name} saved`); onSaved(); }}>
      <Text size="sm" c="dimmed">Addresses of pictures on the web. The first one stands for the product in lists.</Text>
      <Stack gap="sm">
        {all.map((address, n) => (
          <Group key={n} gap="xs" align="start" wrap="nowrap">
            {wrongAddress(address) === null && address.trim() ? <Image src={address} alt="" w={36} h={36} radius="xs" fit="contain" /> : <div style={{ width: 36, height: 36, flexShrink: 0 }} />}
            <TextInput style={{ flex: 1, minWidth: 0 }} aria-label={`Picture ${n + 1}`} placeholder="https://" {...f.form.getInputProps(`pictures.${n}`)} />
            <ActionIcon variant="subtle" color="gray" size={36} disabled={n === 0} aria-label={`Put picture ${n + 1} first`} onClick={() => { first(n); }}><IconArrowUp size={16} /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove picture ${n + 1}`} onClick={() => { put(all.filter((_, at) => at !== n)); }}><IconTrash size={16} /></ActionIcon>
          </Group>
        ))}
      </Stack>
      <div><Button variant="default" size="sm" leftSection={<IconPlus size={14} aria-hidden />} disabled={all.length >= MOST} onClick={() => { put([...all, '']); }}>Add a picture</Button></div>
    </AppForm>
  );
}
