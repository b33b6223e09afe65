// Takes over what earlier pages of this browser could not save, because they were closed or killed.
// It is first sent as those pages would have sent it, with their numbers, so that the service sees
// what it has already: an answer may have been lost, or a request may still be under way. What
// others have saved since is merged as on a page that is open (merge.ts).
import { ApiError } from '../api';
import type { ReadingOp } from '../api_types';
import { type Merged, merged } from './merge';
import type { Difference } from './merge_fields';
import { type Pending, pendingOf, replacePending } from './op_db';
import { fetchOps, MOST_OPS, sendOps } from './reading_api';
import { allApplied, nothingRead, type Op, opOf, type Reading } from './record';

export const lockName = (client: string): string => `spinexr-reading-${client}`;

const WAIT = 10_000; // ms

const recoverLock = (task: number): string => `spinexr-recover-${task}`;

/** Recovers on one page of this browser at a time, until what is left is stored as unsaved changes
 * of that page: one that comes later finds nothing left. `mayRecover` is false where another page
 * takes too long, for instance because it waits for a sign-in: this one is then loaded without. */
export async function recoveringAlone(
  task: number,
  work: (mayRecover: boolean) => Promise<void>,
): Promise<void> {
  if (!navigator.locks) return work(true);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), WAIT);
  let begun = false;
  const begin = (): Promise<void> => {
    begun = true;
    clearTimeout(timer);
    return work(true);
  };
  try {
    await navigator.locks.request(recoverLock(task), { signal: late.signal }, begin);
  } catch (e) {
    if (begun) throw e;
    await work(false);
  }
}

/** Does nothing where a page of this browser recovers. */
export async function recoveringIfFree(task: number, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  const ifFree = (lock: Lock | null): Promise<void> => (lock ? work() : Promise.resolve());
  await navigator.locks.request(recoverLock(task), { ifAvailable: true }, ifFree);
}

const openTasks = new Set<number>();

/** The study of a task is open on this page, which recovers it, and tells its reader what it has
 * recovered. Returns how to say that it is closed. */
export function openTask(task: number): () => void {
  openTasks.add(task);
  return () => void openTasks.delete(task);
}

export const isOpenHere = (task: number): boolean => openTasks.has(task);

/** Clients of this browser whose pages are open. */
export async function openClients(): Promise<Set<string>> {
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

const keyOf = (o: { client: string; seq: number }): string => `${o.client} ${o.seq}`;

/** Whether it was saved. It is sent as resting on what its page had seen: what others have saved
 * since must be merged with it. */
async function sendBatch(task: number, batch: Pending[]): Promise<boolean> {
  try {
    return !('ops' in (await sendOps(task, batch[0]?.client ?? '', batch[0]?.rev ?? 0, batch)));
  } catch (e) {
    // refused: it contradicts what was saved since, and must be merged
    const status = e instanceof ApiError ? e.status : 0;
    if (status >= 400 && status < 500 && status !== 401 && status !== 429) return false;
    throw e;
  }
}

/** How many were saved; those that must be merged stay. */
export async function resendOrphans(login: string, task: number): Promise<number> {
  const orphans = await orphansOf(login, task);
  if (orphans.length === 0) return 0;
  const known = new Set((await fetchOps(task, 0)).ops.map(keyOf));
  let saved = 0;
  for (const batch of batchesOf(orphans)) {
    if (!(await sendBatch(task, batch))) break; // later ones may rest on it
    saved += batch.filter((p) => !known.has(keyOf(p))).length;
    await replacePending(batch, []);
  }
  return saved;
}

export interface Recovered extends Merged {
  /** Operations that were not saved. */
  count: number;
}

/** Merges what pages that are gone could not save, each with what others did since it last heard of
 * them. `now`: after the operations up to `rev` of all that the study has. */
export function mergedOrphans(
  now: Reading,
  rev: number,
  all: readonly ReadingOp[],
  orphans: readonly Pending[],
): Recovered {
  const known = new Set(all.map(keyOf));
  const saved = all.filter((o) => o.rev <= rev);
  const lost = orphans.filter((p) => !known.has(keyOf(p)));
  const ops: Op[] = [];
  const conflicts = new Set<number>();
  const differences: Difference[] = [];
  let base = now;
  for (const client of new Set(lost.map((p) => p.client))) {
    const mine = lost.filter((p) => p.client === client);
    const heard = mine[0]?.rev ?? 0;
    const seen = (o: ReadingOp): boolean => o.client === client || o.rev <= heard;
    const before = allApplied(nothingRead, saved.filter(seen).map(opOf));
    const result = merged({ before, base }, mine.map((p) => p.op));
    base = allApplied(base, result.ops);
    ops.push(...result.ops);
    result.conflicts.forEach((film) => conflicts.add(film));
    differences.push(...result.differences);
  }
  return { ops, conflicts: [...conflicts], differences, count: lost.length };
}
