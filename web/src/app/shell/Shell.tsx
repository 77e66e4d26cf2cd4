import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { followJobs } from '@/api/jobs';
import { useCan } from '@/api/session';
import { Palette } from '../palette/Palette';
import { JobWatch } from '../jobs/JobWatch';
import { BottomBar } from './BottomBar';
import { Notices } from './Notices';
import { Shortcuts } from './Shortcuts';
import { Sidebar } from './Sidebar';
import { SignInAgain } from './SignInAgain';
import { TopBar } from './TopBar';
import css from './shell.module.css';

/** The frame around every page behind the sign-in. */
export function Shell() {
  const seesJobs = useCan('jobs:read');
  useEffect(() => (seesJobs ? followJobs() : undefined), [seesJobs]);
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content">Skip to the content</a>
      <Sidebar />
      <div className={css.main}>
        <TopBar />
        <Notices />
        <main id="content" className={css.content} tabIndex={-1}><Outlet /></main>
      </div>
      <BottomBar />
      <Palette />
      <Shortcuts />
      <JobWatch />
      <SignInAgain />
    </div>
  );
}
