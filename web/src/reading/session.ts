// A study that is being read on this page: what is recorded, what can be undone, what is saved.
import type { ReadingOp, ReadingTask } from '../api_types';
import {
  type Decided,
  type History,
  noHistory,
  recorded,
  recordedDecision,
  redone,
  type Step,
  undone,
  withoutDecision,
  withoutThose,
} from './history';
import { type Merged, merged } from './merge';
import { type Difference, settles } from './merge_fields';
import { OpQueue, type QueueState } from './op_queue';
import { fetchOps } from './reading_api';
import { lockName, mergedOrphans, orphansOf } from './recover';
import { allApplied, filmOf, type Op, opOf, type Reading, readingOf } from './record';

export class ReadingSession {
  reading: Reading;
  history: History = noHistory;
  /** Films whose verdict was lost because two pages contradicted each other, until it is given. */
  conflicts: readonly number[] = [];
  /** Changes that gave way to those of another page, until the reader makes them again. */
  differences: readonly Difference[] = [];
  private base: Reading;
  private readonly queue: OpQueue;
  private readonly channel = new BroadcastChannel('spinexr-reading');
  private letGo: () => void = () => undefined;
  /** Other pages see that this one is open. */
  private readonly seen: Promise<void>;

  constructor(
    readonly login: string,
    readonly task: ReadingTask,
    private readonly changed: () => void,
  ) {
    this.base = readingOf(task);
    this.reading = this.base;
    this.queue = new OpQueue(login, task.task, task.rev, {
      changed,
      saved: (ops) => this.saved(ops),
      merge: (theirs, mine) => this.merge(theirs, mine),
      hasBox: (box) => this.base.boxes.has(box),
    });
    this.channel.onmessage = (e) => {
      if (e.data === task.task) void this.queue.refresh();
    };
    // the session may be closed before it has the lock
    const closed = new Promise<void>((resolve) => (this.letGo = resolve));
    this.seen = new Promise((resolve) => {
      const held = (): Promise<void> => (resolve(), closed);
      const { locks } = navigator;
      if (locks) locks.request(lockName(this.queue.client), held).catch(() => resolve());
      else resolve();
    });
  }

  get state(): QueueState {
    return this.queue.state;
  }

  /** Merges what earlier pages of this browser could not save, and recover.ts could not send, and
   * keeps it in the browser as unsaved changes of this page. */
  async recover(): Promise<number> {
    await this.seen;
    const orphans = await orphansOf(this.login, this.task.task);
    if (orphans.length === 0) return 0;
    const list = await fetchOps(this.task.task, 0);
    const { reading, queue } = this;
    const result = mergedOrphans(reading, queue.rev, list.ops, orphans);
    this.show(allApplied(reading, result.ops), result);
    await queue.add(result.ops, orphans);
    return result.count;
  }

  /** A film that has a verdict is no longer one to ask for. */
  private show(reading: Reading, result?: Merged): void {
    this.reading = reading;
    this.differences = [...this.differences, ...(result?.differences ?? [])];
    const asked = new Set([...this.conflicts, ...(result?.conflicts ?? [])]);
    this.conflicts = [...asked].filter((film) => filmOf(reading, film).verdict === '');
  }

  /** What the reader changes now needs no telling any more. */
  private showOwn(ops: readonly Op[]): void {
    this.differences = this.differences.filter((d) => !ops.some((op) => settles(op, d)));
    this.show(allApplied(this.reading, ops));
  }

  private saved(ops: Op[]): void {
    this.base = allApplied(this.base, ops);
    this.channel.postMessage(this.task.task);
  }

  private merge(theirs: ReadingOp[], mine: Op[]): Op[] {
    const isOwn = (o: ReadingOp): boolean => o.client === this.queue.client;
    const others = theirs.filter((o) => !isOwn(o));
    const before = allApplied(this.base, theirs.filter(isOwn).map(opOf));
    this.base = allApplied(this.base, theirs.map(opOf));
    const result = merged({ before, base: this.base }, mine);
    this.show(allApplied(this.base, result.ops), result);
    // undoing must not take back what they changed
    this.history = withoutThose(this.history, new Set(others.map((o) => o.film)));
    return result.ops;
  }

  /** An action of the reader. */
  act(ops: readonly Op[], gesture = ''): void {
    if (ops.length === 0) return;
    this.history = recorded(this.history, this.reading, ops, gesture);
    this.showOwn(ops);
    void this.queue.add(ops);
  }

  /** A decision of the reader that changes no box, and is a step like the others. */
  decided(film: number, decided: Decided): void {
    this.history = recordedDecision(this.history, film, decided);
  }

  /** The service has refused it. */
  notDecided(decided: Decided): void {
    this.history = withoutDecision(this.history, decided);
  }

  private step(step: Step | null): boolean {
    if (!step) return false;
    this.history = step.history;
    this.showOwn(step.ops);
    void this.queue.add(step.ops);
    step.decide();
    return true;
  }

  undo(film: number): boolean {
    return this.step(undone(this.history, this.reading, film));
  }

  redo(film: number): boolean {
    return this.step(redone(this.history, this.reading, film));
  }

  dismissConflicts(): void {
    this.conflicts = [];
    this.changed();
  }

  dismissDifferences(): void {
    this.differences = [];
    this.changed();
  }

  /** Resolves when all is saved on the service, or refused. */
  settled(): Promise<void> {
    return this.queue.settled();
  }

  retry(): void {
    this.queue.retry();
  }

  refresh(): void {
    void this.queue.refresh();
  }

  /** Gives up what the service refuses; all else stays. Whether it takes nothing of the task any
   * more, for instance since it was locked, so that the page must load it again. */
  discard(): boolean {
    const { stopped } = this.queue;
    this.show(allApplied(this.base, this.queue.discard()));
    this.history = noHistory; // it may rest on what was given up
    this.changed();
    return stopped;
  }

  close(): void {
    this.queue.stop();
    this.channel.close();
    this.letGo();
  }
}
