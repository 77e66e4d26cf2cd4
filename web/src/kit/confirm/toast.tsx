import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { toProblem } from '@/api/problem';

/** Something reversible was done: says so and takes it back for ten seconds. */
export function undoToast(message: string, undo: () => unknown): void {
  const id = notifications.show({
    autoClose: 10_000,
    withBorder: true,
    icon: <IconCheck size={16} />,
    color: 'moss',
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text>{message}</Text>
        <Button size="compact-sm" variant="default" onClick={() => {
          notifications.hide(id);
          Promise.resolve(undo()).catch(failToast);
        }}>Undo</Button>
      </Group>
    ),
  });
}

/** Only for what the page itself does not show. */
export function doneToast(message: string): void {
  notifications.show({ message, withBorder: true, color: 'moss', icon: <IconCheck size={16} />, autoClose: 5000 });
}

/** A failure that has no panel of its own; stays until dismissed. */
export function failToast(error: unknown): void {
  const problem = toProblem(error);
  notifications.show({
    title: problem.title, message: problem.detail || null, withBorder: true, color: 'clay', icon: <IconAlertTriangle size={16} />, autoClose: false,
  });
}
