import '@fontsource-variable/onest';
import '@mantine/core/styles.css';
import '@mantine/dates/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '../global.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { ConfirmHost } from '../confirm/confirm';
import { LiveRegion } from '../states/announce';
import { resolver, theme } from './theme';

/** Theme, toasts and dialogs around the application; a test passes `env="test"`. */
export function FideliaProvider({ children, env = 'default' }: { children: ReactNode; env?: 'default' | 'test' }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto" env={env}>
      <Notifications position="bottom-right" limit={4} />
      {children}
      <ConfirmHost />
      <LiveRegion />
    </MantineProvider>
  );
}
