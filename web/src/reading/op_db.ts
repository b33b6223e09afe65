// Operations that are not saved on the service yet, kept in the browser, so that they survive a
// page that is closed or killed.
import { BrowserStore } from './browser_store';
import type { Op } from './record';

export interface Pending {
  login: string;
  task: number;
  client: string;
  seq: number;
  at: number;
  /** Its page had seen the operations of others up to this one. Absent: not known, since an earlier
   * version of the page has kept it. */
  rev?: number;
  op: Op;
}

const store = new BrowserStore<Pending>('spinexr-reading', 'ops', ['client', 'seq']);

/** In one transaction: removes some and adds others. */
export const replacePending = (
  gone: readonly Pending[],
  added: readonly Pending[],
): Promise<void> => store.replace(gone.map((p) => [p.client, p.seq]), added);

/** Changes where rows that were kept may be gone, because the database was opened anew. */
export const databaseOpenings = (): number => store.openings;

/** `changed`: rows that were kept may be gone, or the browser keeps rows after all. Returns how to
 * stop listening. */
export const onDatabaseChange = (changed: () => void): (() => void) => store.listen(changed);

const inOrder = (rows: Pending[]): Pending[] =>
  rows.sort((p, q) => p.at - q.at || p.seq - q.seq);

/** Of a person, in the order in which they were made. */
export const pendingOfPerson = async (login: string): Promise<Pending[]> =>
  inOrder((await store.all()).filter((p) => p.login === login));

/** Of a person's task, in that order. */
export const pendingOf = async (login: string, task: number): Promise<Pending[]> =>
  (await pendingOfPerson(login)).filter((p) => p.task === task);
