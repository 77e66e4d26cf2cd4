import { useQuery } from '@tanstack/react-query';
import { api, ok } from '@/api/client';
import type { components } from '@/api/schema';

export type RolesOut = components['schemas']['RolesOut'];

/** The table of roles and rights. */
export function useRoles() {
  return useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => ok(api.GET('/api/v1/roles', { signal })), staleTime: 60_000 });
}

/** Roles as choices of a select. */
export function useRoleChoices(): { value: string; label: string }[] {
  return useRoles().data?.items.map((role) => ({ value: role.name, label: role.title })) ?? [];
}
