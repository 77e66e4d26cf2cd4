import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useContext, useRef, type ReactNode } from 'react';
import { Time } from '../format/Values';
import { ErrorSummary } from './ErrorSummary';
import { DrawerContext, LeaveGuard } from './LeaveGuard';
import { SaveBar } from './SaveBar';
import type { AppForm as AppFormState } from './useAppForm';
import { useDraft } from './useDraft';

export interface AppFormProps<V extends Record<string, unknown>> {
  state: AppFormState<V>;
  /** sends the values; a thrown Problem lands on the fields */
  onSave: (values: V) => Promise<unknown>;
  /** verb + object: "Create segment", "Save segment" */
  saveLabel: string;
  /** edit: a bar appears once something changed. create: the button stands under the form */
  mode: 'create' | 'edit';
  /** keeps unsaved values through a reload */
  draftKey?: string;
  onCancel?: () => void;
  /** beside the save button */
  aside?: ReactNode;
  /** forms in dialogs do not guard the page; in a drawer every form does, and asks before the drawer closes */
  guard?: boolean;
  children: ReactNode;
}

/** The frame of every form: summary, fields, save bar, Ctrl S, leave guard, draft. */
export function AppForm<V extends Record<string, unknown>>(props: AppFormProps<V>) {
  const { state, onSave, saveLabel, mode, draftKey, onCancel, aside, guard = true, children } = props;
  const { form, fixes, saving, submit, attempt } = state;
  const scope = useRef<HTMLFormElement>(null);
  const leaving = useRef(false);
  const inDrawer = useContext(DrawerContext) !== null;
  const dirty = form.isDirty();
  const draft = useDraft(draftKey, form.values, dirty, (values) => { form.setValues(values); });
  const changed = Object.keys(form.values).filter((key) => form.isDirty(key)).length;

  const save = async () => {
    const saved = await submit(async (values) => {
      leaving.current = true; // the save itself may navigate away
      try {
        await onSave(values);
      } catch (error) {
        leaving.current = false;
        throw error;
      }
    });
    if (saved) {
      draft.clear();
      form.resetDirty();
    }
    leaving.current = false;
    return saved;
  };
  const discard = () => {
    form.reset();
    draft.clear();
  };
  useHotkeys([['mod+S', () => void save()]], [], true);

  return (
    <form ref={scope} noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <Stack gap="md">
        {draft.restoredAt && dirty && (
          <Alert color="iris" p="xs" px="sm">
            <Group justify="space-between" gap="xs">
              <Text>Your draft from <Time value={draft.restoredAt} /> is back.</Text>
              <Button size="compact-sm" variant="default" onClick={discard}>Discard draft</Button>
            </Group>
          </Alert>
        )}
        <ErrorSummary fixes={fixes} attempt={attempt} scope={scope} />
        {children}
        {mode === 'create' ? (
          <Group gap="xs">
            <Button type="submit" loading={saving}>{saveLabel}</Button>
            {onCancel && <Button variant="default" onClick={onCancel}>Cancel</Button>}
            {aside}
          </Group>
        ) : (
          <SaveBar dirty={dirty} changes={changed} saving={saving} saveLabel={saveLabel} savedAt={draft.savedAt} onDiscard={discard} aside={aside} />
        )}
      </Stack>
      {(guard || inDrawer) && <LeaveGuard dirty={() => form.isDirty() && !leaving.current} onSave={inDrawer ? undefined : save} />}
    </form>
  );
}
