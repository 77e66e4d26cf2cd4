import { useForm, type FormErrors, type UseFormReturnType } from '@mantine/form';
import { useCallback, useRef, useState } from 'react';
import { pointerToPath, toProblem, type Problem } from '@/api/problem';

export interface Fix {
  /** the form's own path; empty when the server's complaint fits no field */
  path: string;
  message: string;
}

export interface AppFormOptions<V extends Record<string, unknown>> {
  initialValues: V;
  /** what is wrong with the values, by path (`name`, `fields.0.type`); nothing when all is well */
  check?: (values: V) => Record<string, string | null | undefined>;
  /** where a server pointer's path differs from the form's: `{ 'smtp.host': 'host' }` */
  paths?: Readonly<Record<string, string>>;
}

export interface AppForm<V extends Record<string, unknown>> {
  form: UseFormReturnType<V>;
  /** everything to fix, fields first, as the summary lists it */
  fixes: readonly Fix[];
  saving: boolean;
  /** checks, saves, and puts the server's errors onto their fields; true when saved */
  submit: (save: (values: V) => Promise<unknown>) => Promise<boolean>;
  /** counts up each time the summary should take the focus */
  attempt: number;
  /** the saved values are now these */
  reset: (values: V) => void;
}

function known(values: unknown, path: string): boolean {
  let at: unknown = values;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || !(part in at)) return false;
    at = (at as Record<string, unknown>)[part];
  }
  return true;
}

/** The server's field errors as form errors; what fits no field goes into the summary only. */
export function fixesFrom(problem: Problem, values: unknown, paths: Readonly<Record<string, string>> = {}): Fix[] {
  const fixes = problem.errors.map(({ pointer, message }) => {
    const raw = pointerToPath(pointer);
    const path = paths[raw] ?? raw;
    if (path === 'version' && problem.status === 409) return { path: '', message: `${problem.detail || problem.title}. What you typed is kept: copy it, reload the page, and compare before you save` };
    if (path !== '' && known(values, path)) return { path, message };
    const parent = path.split('.').slice(0, -1).join('.');
    return { path: parent !== '' && known(values, parent) ? parent : '', message };
  });
  return fixes.length > 0 ? fixes : [{ path: '', message: problem.detail || problem.title }];
}

const wrong = (found: Record<string, string | null | undefined>): FormErrors =>
  Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => Boolean(entry[1])));

let pressing = false;
if (typeof window !== 'undefined') {
  const released = () => { pressing = false; };
  window.addEventListener('pointerdown', () => { pressing = true; }, true);
  window.addEventListener('pointerup', released, true);
  window.addEventListener('pointercancel', released, true);
}

/** Now, or once the pointer is up: an error that appears between press and release moves the button away from under the click. */
function afterPress(run: () => void) {
  if (pressing) window.addEventListener('pointerup', () => { setTimeout(run, 0); }, { once: true });
  else run();
}

/** A form with our validation manners: first check on leaving a field, a summary on save, server errors on their field. */
export function useAppForm<V extends Record<string, unknown>>(options: AppFormOptions<V>): AppForm<V> {
  const { initialValues, check, paths } = options;
  const form = useForm<V>({
    mode: 'controlled',
    initialValues,
    validateInputOnBlur: true,
    enhanceGetInputProps: ({ inputProps }) => {
      const leave = (inputProps as { onBlur?: () => void }).onBlur;
      return leave ? { onBlur: () => { afterPress(leave); } } : {};
    },
    validate: (values) => (check ? wrong(check(values)) : {}),
  });
  const [general, setGeneral] = useState<readonly Fix[]>([]);
  const [saving, setSaving] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const busy = useRef(false);

  const submit = useCallback(async (save: (values: V) => Promise<unknown>) => {
    if (busy.current) return false;
    setGeneral([]);
    const local = form.validate();
    if (local.hasErrors) {
      setAttempt((n) => n + 1);
      return false;
    }
    busy.current = true;
    setSaving(true);
    try {
      await save(form.getValues());
      return true;
    } catch (error) {
      const fixes = fixesFrom(toProblem(error), form.getValues(), paths);
      form.setErrors(Object.fromEntries(fixes.filter((f) => f.path !== '').map((f) => [f.path, f.message])));
      setGeneral(fixes.filter((f) => f.path === ''));
      setAttempt((n) => n + 1);
      return false;
    } finally {
      busy.current = false;
      setSaving(false);
    }
  }, [form, paths]);

  const reset = useCallback((values: V) => {
    form.setInitialValues(values);
    form.setValues(values);
    form.clearErrors();
    form.resetDirty(values);
    setGeneral([]);
  }, [form]);

  const fields = Object.entries(form.errors).flatMap(([path, message]): Fix[] => (typeof message === 'string' ? [{ path, message }] : []));
  return { form, fixes: [...fields, ...general], saving, submit, attempt, reset };
}
