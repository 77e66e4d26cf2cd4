import { Button, Menu } from '@mantine/core';
import { IconBookmark, IconUsers } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { rememberFocus } from '../confirm/focus';
import { failToast, undoToast } from '../confirm/toast';
import { IconButton } from '../routing/links';
import type { ListState } from './useListState';
import type { View, Views } from './useViews';
import { ViewDialog } from './ViewDialog';
import css from './list.module.css';

/** The saved views as tabs above a list; an edited one says so at once, with the ways out beside it. */
export function ViewTabs({ state, views }: { state: ListState; views: Views }) {
  const { open, edited, change } = views;
  if (views.views.length === 0) return null;
  const tab = (key: string, label: string, on: boolean, whose: string | null, go: () => void) => (
    <button key={key} type="button" className={css.viewTab} aria-pressed={on} onClick={go} {...(whose ? { title: whose } : {})}>
      {whose && <IconUsers size={14} aria-label={whose} />}{label}
    </button>
  );
  const whose = (view: View) => (!view.mine ? `shared by ${view.owner_name}` : view.shared ? 'shared by you' : null);
  return (
    <div className={css.viewTabs} role="group" aria-label="Saved views">
      {tab('all', 'All', open === null, null, state.reset)}
      {views.views.map((view) => tab(String(view.id), view.name, view.id === open?.id, whose(view), () => { state.apply(view.look, view.id); }))}
      {open && edited && (
        <>
          {open.mine && <Button size="compact-sm" loading={change.isPending} onClick={() => { change.mutate({ id: open.id, look: views.look }, { onError: failToast }); }}>Save</Button>}
          <Button size="compact-sm" variant="default" onClick={() => { state.apply(open.look, open.id); }}>Reset</Button>
        </>
      )}
    </div>
  );
}

type Asked = { kind: 'new' } | { kind: 'edit'; view: View };

/** Keeping, naming, sharing and deleting views. */
export function ViewMenu({ state, views }: { state: ListState; views: Views }) {
  const { open, create, change, remove } = views;
  const [asked, setAsked] = useState<Asked | null>(null);
  const restore = useRef<() => void>(() => undefined);
  const ask = (next: Asked) => { restore.current = rememberFocus(); setAsked(next); };
  const close = () => { setAsked(null); restore.current(); };
  const drop = (view: View) => {
    remove.mutate(view.id, {
      onSuccess: () => {
        state.apply(views.look, null);
        undoToast(`View ${view.name} deleted`, () => create.mutateAsync({ name: view.name, shared: view.shared }));
      },
      onError: failToast,
    });
  };
  return (
    <>
      <Menu shadow="md" position="bottom-end">
        <Menu.Target><IconButton label="Views"><IconBookmark size={18} /></IconButton></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => { ask({ kind: 'new' }); }}>Save as a view…</Menu.Item>
          {open?.mine && <Menu.Item onClick={() => { ask({ kind: 'edit', view: open }); }}>Rename or share {open.name}…</Menu.Item>}
          {open?.mine && <Menu.Item color="clay" onClick={() => { drop(open); }}>Delete {open.name}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {asked?.kind === 'new' && <ViewDialog title="Save this view" action="Save view" onClose={close} onSave={(values) => create.mutateAsync(values)} />}
      {asked?.kind === 'edit' && (
        <ViewDialog title={`Rename or share ${asked.view.name}`} action="Save view" name={asked.view.name} shared={asked.view.shared} onClose={close}
          onSave={(values) => change.mutateAsync({ id: asked.view.id, ...values })} />
      )}
    </>
  );
}
