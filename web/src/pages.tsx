// The pages: their addresses, and who may open them. The service checks the roles of each call.
import type { ComponentChildren } from 'preact';

import type { Session } from './api_types';
import { PasswordPage } from './password';
import { StudyPage } from './study';
import { texts } from './texts';
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

const node: Role[] = ['admin', 'physician'];
const everyone: Role[] = ['admin', 'manager', 'physician', 'adjudicator', 'reader'];

const pages: PageRow[] = [
  { name: '', title: texts.nav.worklist, roles: node, show: () => <Worklist /> },
  {
    name: 'studies',
    title: '',
    roles: node,
    show: ([uid], session) => <StudyPage key={uid} uid={uid ?? ''} role={session.role} />,
  },
  { name: 'password', title: '', roles: everyone, show: () => <PasswordPage /> },
];

export const pageOf = (route: string[]): PageRow | undefined =>
  pages.find((page) => page.name === (route[0] ?? ''));

export const pagesFor = (role: Role): PageRow[] =>
  pages.filter((page) => page.title && page.roles.includes(role));
