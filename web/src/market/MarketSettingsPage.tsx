import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { Page, paths } from '@/kit';
import { useLineStatuses } from './model';
import { Channels } from './settings/Channels';
import { Currencies } from './settings/Currencies';
import { Fields } from './settings/Fields';
import { LineStatuses } from './settings/LineStatuses';
import { Regions } from './settings/Regions';

/** What the market needs to know once: where orders come from, regions, currencies, own fields, statuses of lines. */
export function MarketSettingsPage() {
  const channels = useQuery({ queryKey: ['sales-channels'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/channels', { signal })) });
  const regions = useQuery({ queryKey: ['regions'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/regions', { signal })) });
  const currencies = useQuery({ queryKey: ['currencies'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/currencies', { signal })) });
  const fields = useQuery({ queryKey: ['market-fields'], queryFn: ({ signal }) => ok(api.GET('/api/v1/market/fields', { signal })) });
  const statuses = useLineStatuses();
  return (
    <Page title="Market settings" crumbs={[{ label: 'Products', href: paths.products() }]}
      help={{ text: 'Orders name channels, touchpoints, regions and currencies by what stands here; what is not here is refused, so that a slip of the keyboard does not make a new shop.' }}
      tabs={[
        { value: 'channels', label: 'Channels', count: channels.data?.items.length ?? null, render: () => <Channels query={channels} /> },
        { value: 'regions', label: 'Regions', count: regions.data?.items.length ?? null, render: () => <Regions query={regions} /> },
        { value: 'currencies', label: 'Currencies', count: currencies.data?.items.filter((c) => c.active).length ?? null, render: () => <Currencies query={currencies} /> },
        { value: 'fields', label: 'Fields', count: fields.data?.items.length ?? null, render: () => <Fields query={fields} /> },
        { value: 'statuses', label: 'Line statuses', count: statuses.data?.items.length ?? null, render: () => <LineStatuses query={statuses} /> },
      ]} />
  );
}
