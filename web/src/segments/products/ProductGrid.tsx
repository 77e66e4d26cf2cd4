import { Checkbox, Image, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconPackage } from '@tabler/icons-react';
import { useState } from 'react';
import { AppLink, MoneyText, paths } from '@/kit';
import type { ProductCard } from './model';
import css from './products.module.css';

interface GridProps { cards: readonly ProductCard[]; stale?: boolean; chosen?: ReadonlySet<number>; onChoose?: (id: number, on: boolean) => void }

/** The picture of a product; a mark where there is none, or it does not load. */
function Picture({ src }: { src: string | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (src === null || broken === src) return <IconPackage size={36} stroke={1.2} aria-hidden="true" />;
  return <Image src={src} alt="" h={96} fit="contain" loading="lazy" onError={() => { setBroken(src); }} />;
}

/** Products as pictures, with name, price and id. */
export function ProductGrid({ cards, stale = false, chosen, onChoose }: GridProps) {
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, sm: 4, lg: 6 }} spacing="sm" aria-busy={stale} className={stale ? css.stale ?? '' : ''}>
      {cards.map((card) => (
        <Paper key={card.id} withBorder p="xs" className={css.card ?? ''}>
          <div className={css.picture}>
            <Picture src={card.image_url} />
            {onChoose && <Checkbox className={css.pick ?? ''} aria-label={`Choose ${card.name}`} checked={chosen?.has(card.id) ?? false} onChange={(event) => { onChoose(card.id, event.currentTarget.checked); }} />}
          </div>
          <Stack gap={0}>
            <AppLink href={paths.product(card.product_id)}><Text size="sm" fw={550} lineClamp={2} title={card.name}>{card.name}</Text></AppLink>
            {card.price !== null && <Text size="sm">{card.currency ? <MoneyText value={{ amount: card.price, currency: card.currency }} /> : card.price}</Text>}
            <Text size="xs" c="dimmed" lineClamp={1}>{[card.external_id, card.brand ?? card.category].filter(Boolean).join(' · ')}</Text>
          </Stack>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
