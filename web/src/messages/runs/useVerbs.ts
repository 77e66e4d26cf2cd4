import { api, ok } from '@/api/client';
import { useAction } from '@/api/mutations';
import { useCan } from '@/api/session';
import { messageNoun } from '@/channels/model';
import { confirmConsequence, doneToast, failToast, formatCount, type PageAction } from '@/kit';
import { mailingKind } from '../kinds';
import type { Mailing } from '../model';

export type Verb = 'start' | 'unschedule' | 'pause' | 'resume' | 'stop' | 'launch';

/** What can be done with a mailing that is there: each verb, and what is said when it was done. */
export function useVerbs(mailing: Mailing | undefined) {
  const act = useAction({
    refresh: [['mailings']],
    run: (verb: Verb, { headers }): Promise<Mailing> => {
      const at = { params: { path: { mailing_id: mailing?.id ?? 0 } }, headers };
      switch (verb) {
        case 'start': return ok(api.POST('/api/v1/mailings/{mailing_id}/start', { ...at, body: mailing && mailingKind(mailing.type).lasting ? { undo_seconds: 0 } : {} }));
        case 'unschedule': return ok(api.POST('/api/v1/mailings/{mailing_id}/unschedule', at));
        case 'pause': return ok(api.POST('/api/v1/mailings/{mailing_id}/pause', at));
        case 'resume': return ok(api.POST('/api/v1/mailings/{mailing_id}/resume', at));
        case 'stop': return ok(api.POST('/api/v1/mailings/{mailing_id}/stop', at));
        case 'launch': return ok(api.POST('/api/v1/mailings/{mailing_id}/launch', at));
      }
    },
  });
  return (verb: Verb, said?: string) => { act.mutate(verb, { onSuccess: () => { if (said) doneToast(said); }, onError: failToast }); };
}

const paused: Partial<Record<Mailing['type'], string>> = {
  recurring: 'Paused. Nothing is launched until you resume it.', trigger: 'Paused. Nobody joins until you resume it.', placement: 'Paused. Nobody is shown it until you resume it.',
};

async function askStop(mailing: Mailing): Promise<boolean> {
  const now = await ok(api.GET('/api/v1/mailings/{mailing_id}/report', { params: { path: { mailing_id: mailing.id } } }));
  const lasting = mailingKind(mailing.type).lasting, noun = messageNoun(mailing.channel);
  const open = `${formatCount(now.waiting, 'person has', 'people have')} not got it yet and will not get it from this mailing. ${formatCount(now.sent, `${noun.one} has`, `${noun.many} have`)} left, and those in flight still arrive. This cannot be taken back.`;
  const body = lasting ? `It ends for good. ${open}` : open;
  return confirmConsequence({ title: `Stop ${mailing.name}?`, body, action: 'Stop mailing', keep: mailing.state === 'paused' ? 'Keep it paused' : mailing.state === 'active' ? 'Keep it active' : 'Keep sending' });
}

async function askWithdraw(mailing: Mailing): Promise<boolean> {
  const now = await ok(api.GET('/api/v1/mailings/{mailing_id}/report', { params: { path: { mailing_id: mailing.id } } }));
  const body = `From this moment on nobody is shown it. ${formatCount(now.sent, 'person has', 'people have')} seen it; on pages that are open already it stays until they are left. This cannot be taken back.`;
  return confirmConsequence({ title: `Withdraw ${mailing.name}?`, body, action: 'Withdraw now', keep: mailing.state === 'paused' ? 'Keep it paused' : 'Keep showing it' });
}

async function askLaunch(mailing: Mailing): Promise<boolean> {
  const found = await ok(api.GET('/api/v1/mailings/{mailing_id}/estimate', { params: { path: { mailing_id: mailing.id } } }));
  return confirmConsequence({ title: `Launch ${mailing.name} now?`, body: `${formatCount(found.receives, 'person gets', 'people get')} it now, beside its schedule. The next launch comes all the same.`, action: 'Launch now', keep: 'Wait for the schedule' });
}

/** The buttons of a mailing that has begun, by its state. */
export function useRunActions(mailing: Mailing | undefined, verb: (v: Verb, said?: string) => void): { menu: PageAction[]; secondary: PageAction[] } {
  const can = useCan('mailings:run');
  if (!mailing || !can) return { menu: [], secondary: [] };
  const asked = (ask: (m: Mailing) => Promise<boolean>, then: Verb, said: string) => () => { ask(mailing).then((yes) => { if (yes) verb(then, said); }).catch(failToast); };
  const placed = mailing.type === 'placement';
  const stop: PageAction = placed ? { label: 'Withdraw now…', danger: true, onClick: asked(askWithdraw, 'stop', 'Withdrawn: nobody is shown it any more') } : { label: 'Stop…', danger: true, onClick: asked(askStop, 'stop', 'The mailing was stopped') };
  const launch: PageAction = { label: 'Launch now…', onClick: asked(askLaunch, 'launch', 'Launched') };
  const pause: PageAction = { label: 'Pause', onClick: () => { verb('pause', paused[mailing.type] ?? 'Paused. Mails in flight still arrive.'); } };
  const resume: PageAction = { label: 'Resume', onClick: () => { verb('resume', mailing.type === 'recurring' ? 'It waits for its next launch' : placed ? 'It is shown again' : 'Sending goes on'); } };
  switch (mailing.state) {
    case 'active': return placed ? { menu: [], secondary: [pause, stop] } : { menu: [stop], secondary: [...(mailing.type === 'recurring' ? [launch] : []), pause] };
    case 'sending': return { menu: [stop], secondary: [pause] };
    case 'paused': return placed ? { menu: [], secondary: [resume, stop] } : { menu: [stop], secondary: [resume] };
    default: return { menu: [], secondary: [] };
  }
}
