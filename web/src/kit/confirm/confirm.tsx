import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { rememberFocus } from './focus';

export interface Consequence {
  /** asks with the verb of the button: "Stop the mailing Autumn sale?" */
  title: string;
  /** object, number, consequence, and whether it can be undone */
  body: ReactNode;
  /** verb + object: "Stop mailing" */
  action: string;
  /** the safe way out, which has the focus: "Keep sending" */
  keep: string;
  danger?: boolean;
}

export interface Typed extends Omit<Consequence, 'danger'> {
  /** what must be typed: the object's name */
  name: string;
}

interface Asked extends Consequence { name?: string; answer: (yes: boolean) => void }

let asked: Asked | null = null;
const listeners = new Set<() => void>();
function put(next: Asked | null): void {
  asked = next;
  listeners.forEach((call) => { call(); });
}

function ask(question: Omit<Asked, 'answer'>): Promise<boolean> {
  asked?.answer(false);
  return new Promise((resolve) => {
    const restore = rememberFocus();
    put({ ...question, answer: (yes) => { put(null); restore(); resolve(yes); } });
  });
}

/** Second rung: interrupts people or work. Resolves to whether to go on. */
export const confirmConsequence = (question: Consequence): Promise<boolean> => ask(question);

/** Third rung: loses data. The object's name has to be typed. */
export const confirmTyped = (question: Typed): Promise<boolean> => ask({ ...question, danger: true });

function Question({ question }: { question: Asked }) {
  const [typed, setTyped] = useState('');
  const ready = question.name === undefined || typed.trim() === question.name;
  const no = () => { question.answer(false); };
  return (
    <Modal opened onClose={no} title={question.title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={(event) => { event.preventDefault(); if (ready) question.answer(true); }}>
        <Stack gap="md">
          <Text component="div">{question.body}</Text>
          {question.name !== undefined && (
            <TextInput label={<>Type <strong>{question.name}</strong> to go on</>} value={typed} autoComplete="off" spellCheck={false}
              onChange={(event) => { setTyped(event.currentTarget.value); }} data-autofocus />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={no} {...(question.name === undefined ? { 'data-autofocus': true } : {})}>{question.keep}</Button>
            <Button type="submit" disabled={!ready} {...(question.danger ? { color: 'clay' } : {})}>{question.action}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Stands once in the application, outside of every page. */
export function ConfirmHost() {
  const question = useSyncExternalStore((call) => {
    listeners.add(call);
    return () => listeners.delete(call);
  }, () => asked);
  useEffect(() => () => { asked?.answer(false); }, []);
  return question ? <Question key={question.title} question={question} /> : null;
}
