import { IconCheck } from '@tabler/icons-react';
import { states, type CampaignState } from './model';
import css from './campaigns.module.css';

/** Draft ─ Building ─ Active ─ Completed: how far the campaign is. */
export function StateSteps({ state }: { state: CampaignState }) {
  const now = states.findIndex((s) => s.value === state);
  return (
    <ol className={css.steps} aria-label="How far the campaign is">
      {states.map((step, i) => {
        const done = i < now || (i === now && state === 'completed');
        return (
          <li key={step.value} {...(done ? { 'data-done': true } : {})} {...(i === now ? { 'data-now': true, 'aria-current': 'step' as const } : {})}>
            <span className={css.dot} aria-hidden="true">{done && <IconCheck size={12} stroke={2.5} />}</span>
            {step.label}{done && i !== now && <span className="fd-live"> (done)</span>}
          </li>
        );
      })}
    </ol>
  );
}
