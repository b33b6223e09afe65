// Takes over what earlier pages of this browser could not save, because they were closed or killed.
// It is first sent as those pages would have sent it, with their numbers, so that the service sees
// what it has already: an answer may have been lost, or a request may still be under way.
import { ApiError } from '../api';
import { type Pending, pendingOf, replacePending } from './op_db';
import { fetchOps, MOST_OPS, sendOps } from './reading_api';

export const lockName = (client: string): string => `spinexr-reading-${client}`;

/** Clients of this browser whose pages are open. */
async function openClients(): Promise<Set<string>> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return new Set(held.map((l) => (l.name ?? '').replace(lockName(''), '')));
}

/** Operations of a task whose pages are gone, in the order in which they were made. */
export async function orphansOf(login: string, task: number): Promise<Pending[]> {
  const all = await pendingOf(login, task).catch(() => []);
  if (all.length === 0) return [];
  const open = await openClients();
  return all.filter((p) => !open.has(p.client));
}

/** Operations of one client that follow one another, as many as fit in a batch. */
export function batchesOf(orphans: readonly Pending[]): Pending[][] {
  const batches: Pending[][] = [];
  for (const p of orphans) {
    const last = batches[batches.length - 1];
    if (last && last[0]?.client === p.client && last.length < MOST_OPS) last.push(p);
    else batches.push([p]);
  }
  return batches;
}

async function sendBatch(task: number, rev: number, batch: Pending[]): Promise<number | null> {
  try {
    const answer = await sendOps(task, batch[0]?.client ?? '', rev, batch);
    return 'ops' in answer ? null : answer.rev;
  } catch (e) {
    // refused: it contradicts what was saved since, and must be merged
    if (e instanceof ApiError && e.status >= 400 && e.status < 500) return null;
    throw e;
  }
}

/** How many were saved; those that must be merged stay. */
export async function resendOrphans(login: string, task: number): Promise<number> {
  const orphans = await orphansOf(login, task);
  if (orphans.length === 0) return 0;
  const list = await fetchOps(task, 0);
  const known = new Set(list.ops.map((o) => `${o.client} ${o.seq}`));
  let [rev, saved] = [list.rev, 0];
  for (const batch of batchesOf(orphans)) {
    const next = await sendBatch(task, rev, batch);
    if (next === null) break; // later ones may rest on it
    rev = next;
    saved += batch.filter((p) => !known.has(`${p.client} ${p.seq}`)).length;
    await replacePending(batch, []);
  }
  return saved;
}
