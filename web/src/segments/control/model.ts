import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { toProblem } from '@/api/problem';
import type { components } from '@/api/schema';

export type ControlGroup = components['schemas']['ControlGroup'];
export type ControlRun = components['schemas']['ControlRun'];
export type ControlReport = components['schemas']['ControlReport'];
export type ControlMetric = components['schemas']['ControlMetric'];
export type ControlPlan = components['schemas']['ControlPlan'];
export type Activity = ControlGroup['exceptions'][number];

/** The group of a database; `null` while it has none. */
export function useControlGroup(databaseId: number) {
  return useQuery({
    queryKey: ['control-group', databaseId],
    queryFn: async ({ signal }): Promise<ControlGroup | null> => {
      try {
        return await ok(api.GET('/api/v1/databases/{database_id}/control-group', { params: { path: { database_id: databaseId } }, signal }));
      } catch (error) {
        if (toProblem(error).status === 404) return null;
        throw error;
      }
    },
    refetchInterval: (query) => (query.state.data?.open_run ? 1500 : false),
  });
}
