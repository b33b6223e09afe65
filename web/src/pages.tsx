// The pages: their addresses, and who may open them. The service checks the roles of each call.
import type { ComponentChildren } from 'preact';

import { AccountsPage } from './accounts';
import type { Session } from './api_types';
import { AuditPage } from './audit';
import { ComparisonPage } from './comparison';
import { JobsPage } from './jobs';
import { Notice } from './parts';
import { PasswordPage } from './password';
import { ManagerProject } from './reading/manager_project';
import { ManagerProjects } from './reading/manager_projects';
import { ReadingPage } from './reading/reading_page';
import { ReadingWorklist } from './reading/reading_worklist';
import { isSecond } from './reading/second_window';
import { StudyPage } from './study';
import { texts } from './texts';
import { TokensPage } from './tokens';
import { Worklist } from './worklist';

type Role = Session['role'];

interface PageRow {
  /** The first part of its address. */
  name: string;
  /** Empty: it is not in the navigation. */
  title: string;
  roles: Role[];
  show: (rest: string[], session: Session) => ComponentChildren;
}

/** The number of a task in an address; NaN, which no task has, is never asked for. */
const taskOf = (part: string | undefined): number | null =>
  /^[1-9]\d{0,14}$/.test(part ?? '') ? Number(part) : null;

const notFound = () => (
  <div class="page">
    <Notice tone="warn">{texts.errors.notFound}</Notice>
  </div>
);

const node: Role[] = ['admin', 'physician'];
const readers: Role[] = ['adjudicator', 'reader'];
const everyone: Role[] = ['admin', 'manager', 'physician', 'adjudicator', 'reader'];

const pages: PageRow[] = [
  {
    name: '',
    title: texts.nav.worklist,
    roles: node,
    show: (_, session) => <Worklist predicts={session.predicts} />,
  },
  {
    name: 'studies',
    title: '',
    roles: node,
    show: ([uid], session) => <StudyPage key={uid} uid={uid ?? ''} role={session.role} />,
  },
  {
    name: 'comparison',
    title: texts.nav.comparison,
    roles: node,
    show: (_, session) => <ComparisonPage role={session.role} />,
  },
  { name: 'jobs', title: texts.nav.jobs, roles: ['admin'], show: () => <JobsPage /> },
  {
    name: 'accounts',
    title: texts.nav.accounts,
    roles: ['admin'],
    show: (_, session) => <AccountsPage own={session.login} />,
  },
  { name: 'programs', title: texts.nav.tokens, roles: ['admin'], show: () => <TokensPage /> },
  { name: 'audit', title: texts.nav.audit, roles: ['admin'], show: () => <AuditPage /> },
  {
    name: 'projects',
    title: texts.manager.nav,
    roles: ['manager'],
    show: ([key, part], { login, predicts }) => {
      const task = taskOf(part);
      if (part && task === null) return notFound();
      return key && task ? (
        <ReadingPage key={task} login={login} task={task} view={{ managed: key, predicts }} />
      ) : key ? (
        <ManagerProject key={key} project={key} />
      ) : (
        <ManagerProjects />
      );
    },
  },
  {
    name: 'reading',
    title: texts.reading.nav,
    roles: readers,
    show: ([part, window], { login, predicts }) => {
      const task = taskOf(part);
      if (part && task === null) return notFound();
      return task ? (
        <ReadingPage key={task} login={login} task={task}
          view={{ second: isSecond(window), predicts }} />
      ) : (
        <ReadingWorklist />
      );
    },
  },
  { name: 'password', title: '', roles: everyone, show: () => <PasswordPage /> },
];

export const pageOf = (route: string[]): PageRow | undefined =>
  pages.find((page) => page.name === (route[0] ?? ''));

export const pagesFor = (role: Role): PageRow[] =>
  pages.filter((page) => page.title && page.roles.includes(role));
