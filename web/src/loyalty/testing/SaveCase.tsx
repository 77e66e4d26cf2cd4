import { Button, Group, Popover, TextInput } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useState, type SubmitEvent } from 'react';
import { useCan } from '@/api/session';
import { doneToast } from '@/kit';
import { useCaseActions } from './cases';
import type { TestOrder } from './model';

/** Keeps the basket at hand under a name, with what comes of it now. */
export function SaveCase({ programId, order, done }: { programId: number; order: TestOrder; done: (id: number) => void }) {
  const { save } = useCaseActions(programId);
  const [open, setOpen] = useState(false), [name, setName] = useState('');
  if (!useCan('loyalty:create')) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate({ name, order }, { onSuccess: (made) => { setOpen(false); setName(''); doneToast(`Saved as ${made.name}`); done(made.id); } });
  };
  const problem = save.error?.errors[0]?.message ?? save.error?.detail;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" withArrow trapFocus>
      <Popover.Target><Button variant="default" size="compact-sm" leftSection={<IconDeviceFloppy size={14} />} aria-expanded={open} onClick={() => { setOpen(!open); }}>Save as case…</Button></Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <Group gap="xs" align="end" wrap="nowrap">
            <TextInput label="Name of the case" placeholder="Gold, two coffees" maxLength={200} data-autofocus value={name} error={problem} onChange={(event) => { setName(event.currentTarget.value); save.reset(); }} />
            <Button type="submit" disabled={!name.trim()} loading={save.isPending}>Save case</Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
