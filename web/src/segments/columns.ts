import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import { failToast } from '@/kit';

const FIRST = ['first_name', 'last_name', 'email', 'city'];

/** The columns one wants to see of people; kept on the server for each person and database. */
export function useColumns(databaseId: number): [readonly string[], (columns: string[]) => void, boolean] {
  const client = useQueryClient();
  const key = ['segments', 'columns', databaseId];
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => ok(api.GET('/api/v1/segments/columns', { params: { query: { database: databaseId } }, signal })), staleTime: 300_000 });
  const save = useMutation({
    mutationFn: (columns: string[]) => ok(api.PUT('/api/v1/segments/columns', { body: { database_id: databaseId, columns } })),
    onMutate: (columns) => { client.setQueryData(key, { columns, chosen: true }); },
    onError: (error) => { failToast(error); void client.invalidateQueries({ queryKey: key }); },
  });
  const columns = query.data?.chosen ? query.data.columns : FIRST;
  return [columns, (next) => { save.mutate(next); }, query.data !== undefined || query.isError];
}
