// Operations that are not saved on the service yet, kept in the browser, so that they survive a
// page that is closed or killed.
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

const NAME = 'spinexr-reading';
const STORE = 'ops';

const finished = (t: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    t.oncomplete = () => resolve();
    t.onabort = () => reject(t.error ?? new Error('aborted'));
    t.onerror = () => reject(t.error ?? new Error('failed'));
  });

let database: Promise<IDBDatabase> | null = null;

function opened(): Promise<IDBDatabase> {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore(STORE, { keyPath: ['client', 'seq'] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('failed'));
  });
  return database;
}

/** In one transaction: removes some and adds others. */
export async function replacePending(
  gone: readonly Pending[],
  added: readonly Pending[],
): Promise<void> {
  const t = (await opened()).transaction(STORE, 'readwrite', { durability: 'strict' });
  const store = t.objectStore(STORE);
  for (const p of gone) store.delete([p.client, p.seq]);
  for (const p of added) store.put(p);
  await finished(t);
}

/** Of a person's task, in the order in which they were made. */
export async function pendingOf(login: string, task: number): Promise<Pending[]> {
  const t = (await opened()).transaction(STORE, 'readonly');
  const request = t.objectStore(STORE).getAll();
  await finished(t);
  const all = request.result as Pending[];
  return all
    .filter((p) => p.login === login && p.task === task)
    .sort((p, q) => p.at - q.at || p.seq - q.seq);
}
