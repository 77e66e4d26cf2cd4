import { Paper, ScrollArea, Text } from '@mantine/core';
import { formatCount, Loaded, Page, Section, SkeletonRows } from '@/kit';
import { settingsCrumb, SettingsFrame } from './SettingsFrame';
import css from './settings.module.css';
import { useRoles, type RolesOut } from './useRoles';

function Matrix({ table }: { table: RolesOut }) {
  const verbs = (role: RolesOut['items'][number], area: RolesOut['areas'][number]) => {
    const held = area.verbs.filter((verb) => role.rights.includes(`${area.name}:${verb}`));
    if (held.length === 0) return <Text span inherit c="dimmed">–</Text>;
    return held.length === area.verbs.length && held.length > 1 ? 'all' : held.map((verb) => table.verbs[verb] ?? verb).join(', ');
  };
  return (
    <Paper>
      <ScrollArea viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Rights of each role' }}>
        <table className={css.matrix}>
          <thead>
            <tr>
              <th scope="col">Area</th>
              {table.items.map((role) => <th key={role.name} scope="col">{role.title}</th>)}
            </tr>
          </thead>
          <tbody>
            {table.areas.map((area) => (
              <tr key={area.name}>
                <th scope="row">{area.title}</th>
                {table.items.map((role) => <td key={role.name}>{verbs(role, area)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Paper>
  );
}

/** What each role may do; roles are fixed in this release. */
export function RolesPage() {
  const query = useRoles();
  return (
    <SettingsFrame>
      <Page title="Roles" crumbs={settingsCrumb} help={{ text: 'A role is a bundle of rights. A person may hold several; what any of them allows is allowed. Menus and buttons that nobody of your roles may use are not shown.' }}>
        <Loaded query={query} what="the roles" skeleton={<SkeletonRows />}>
          {(table) => (
            <>
              <Section>
                {table.items.map((role) => (
                  <div key={role.name}><Text fw={550}>{role.title} <Text span inherit c="dimmed" fw={400}>· {formatCount(role.users, 'user', 'users')}</Text></Text><Text c="dimmed">{role.description}</Text></div>
                ))}
              </Section>
              <Matrix table={table} />
            </>
          )}
        </Loaded>
      </Page>
    </SettingsFrame>
  );
}
