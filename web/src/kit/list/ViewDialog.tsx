import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { toProblem } from '@/api/problem';

export interface ViewDialogProps {
  title: string;
  action: string;
  name?: string;
  shared?: boolean;
  onSave: (values: { name: string; shared: boolean }) => Promise<unknown>;
  onClose: () => void;
}

/** A view's name, and whether all may use it. */
export function ViewDialog({ title, action, name: before = '', shared: wasShared = false, onSave, onClose }: ViewDialogProps) {
  const [name, setName] = useState(before);
  const [shared, setShared] = useState(wasShared);
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!name.trim()) { setWrong('Enter a name for the view'); return; }
    setBusy(true);
    try {
      await onSave({ name: name.trim(), shared });
      onClose();
    } catch (error) {
      const problem = toProblem(error);
      setWrong(problem.errors[0]?.message ?? (problem.detail || problem.title));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form noValidate onSubmit={(event) => void save(event)}>
        <Stack gap="md">
          <Text c="dimmed">It keeps search, filters, order and columns as they are now, not the rows.</Text>
          <TextInput label="Name" value={name} error={wrong} maxLength={200} data-autofocus onChange={(event) => { setName(event.currentTarget.value); setWrong(null); }} />
          <Checkbox label="Show it to everybody" description="Only you can change it" checked={shared} onChange={(event) => { setShared(event.currentTarget.checked); }} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={busy}>{action}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
