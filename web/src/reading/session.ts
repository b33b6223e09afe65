// A study that is being read on this page: what is recorded, what can be undone, what is saved.
import type { ReadingOp, ReadingTask } from '../api_types';
import type { Work } from '../unsaved_work';
import { CallQueue } from './call_queue';
import { Disagreements } from './disagreements';
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
import { OpQueue, type QueueState } from './op_queue';
import { fetchOps } from './reading_api';
import { lockName, mergedOrphans, orphansOf } from './recover';
import { allApplied, type Op, opOf, type Reading, readingOf } from './record';

/** What pages of one browser tell each other: the task of which marks, or decisions, are saved. */
type Told = number | { decided: number };

export class ReadingSession implements Work {
  reading: Reading;
  history: History = noHistory;
  /** Where two pages contradicted each other, until the reader has answered. */
  readonly disagreements: Disagreements;
  /** Decisions of the adjudicator, and what the service says of them. */
  readonly decisions: CallQueue;
  /** Counts how often other pages may have decided. */
  decidedElsewhere = 0;
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
    this.disagreements = new Disagreements(login, task.task);
    this.decisions = new CallQueue(changed);
    this.queue = new OpQueue(login, task.task, task.rev, {
      changed,
      saved: (ops) => this.saved(ops),
      merge: (theirs, mine) => this.merge(theirs, mine),
      hasBox: (box) => this.base.boxes.has(box),
    });
    this.channel.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data === task.task) void this.queue.refresh();
      else if (typeof data === 'object' && data.decided === task.task) this.lookAtDecisions();
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

  /** Changes and decisions that the service does not have. */
  get unsaved(): number {
    return this.queue.state.unsaved + this.decisions.unsaved;
  }

  /** Takes over what earlier pages of this browser have left: what they could not save, and then
   * what the reader has not answered, as far as it still is open. Where another page recovers what
   * they could not save, `mayRecover` is false, and this one takes over the questions alone. */
  async recover(mayRecover: boolean): Promise<number> {
    const count = mayRecover ? await this.recoverOps() : 0;
    await this.disagreements.load(this.reading, mayRecover);
    return count;
  }

  /** Merges what recover.ts could not send, and keeps it in the browser as unsaved changes of this
   * page. */
  private async recoverOps(): Promise<number> {
    await this.seen;
    const orphans = await orphansOf(this.login, this.task.task);
    if (orphans.length === 0) return 0;
    const list = await fetchOps(this.task.task, 0);
    const { reading, queue } = this;
    const result = mergedOrphans(reading, queue.rev, list.ops, orphans);
    const kept = this.show(allApplied(reading, result.ops), result);
    await queue.add(result.ops, orphans, kept);
    return result.count;
  }

  /** Resolves when the browser has kept what the reader is told. */
  private show(reading: Reading, result?: Merged): Promise<void> {
    this.reading = reading;
    return this.disagreements.update(reading, result);
  }

  private saved(ops: Op[]): void {
    this.base = allApplied(this.base, ops);
    this.channel.postMessage(this.task.task);
  }

  private merge(theirs: ReadingOp[], mine: Op[]): { ops: Op[]; kept: Promise<void> } {
    const isOwn = (o: ReadingOp): boolean => o.client === this.queue.client;
    const others = theirs.filter((o) => !isOwn(o));
    const before = allApplied(this.base, theirs.filter(isOwn).map(opOf));
    this.base = allApplied(this.base, theirs.map(opOf));
    const result = merged({ before, base: this.base }, mine);
    const kept = this.show(allApplied(this.base, result.ops), result);
    // undoing must not take back what they changed
    this.history = withoutThose(this.history, new Set(others.map((o) => o.film)));
    return { ops: result.ops, kept };
  }

  /** An action of the reader. */
  act(ops: readonly Op[], gesture = ''): void {
    if (ops.length === 0) return;
    this.history = recorded(this.history, this.reading, ops, gesture);
    this.apply(ops);
  }

  /** What the reader does may answer what the page asks: the question goes when the answer is
   * kept. */
  private apply(ops: readonly Op[]): void {
    this.reading = allApplied(this.reading, ops);
    const kept = this.queue.add(ops);
    void this.disagreements.update(this.reading, undefined, kept);
  }

  /** A decision of the reader that changes no box, and is a step like the others. */
  decided(film: number, decided: Decided): void {
    this.history = recordedDecision(this.history, film, decided);
  }

  /** The service has a decision of this page. */
  tellDecided(): void {
    this.channel.postMessage({ decided: this.task.task } satisfies Told);
  }

  private lookAtDecisions(): void {
    this.decidedElsewhere++;
    this.changed();
  }

  /** The page is seen again: what have others done meanwhile? */
  lookAgain(): void {
    void this.refresh();
    this.lookAtDecisions();
  }

  /** The service has refused it. */
  notDecided(decided: Decided): void {
    this.history = withoutDecision(this.history, decided);
  }

  private step(step: Step | null): boolean {
    if (!step) return false;
    this.history = step.history;
    this.apply(step.ops);
    step.decide();
    return true;
  }

  undo(film: number): boolean {
    return this.step(undone(this.history, this.reading, film));
  }

  redo(film: number): boolean {
    return this.step(redone(this.history, this.reading, film));
  }

  dismiss(what: 'conflicts' | 'differences'): void {
    this.disagreements.dismiss(what);
    this.changed();
  }

  /** Changes and decisions that only this page has. */
  get unkept(): number {
    return this.queue.unkept + this.decisions.unsaved;
  }

  /** Resolves when it is known whether the browser keeps what was done so far. */
  written(): Promise<unknown> {
    return this.queue.written();
  }

  /** Resolves when all marks are saved on the service, or refused. */
  marksSettled(): Promise<void> {
    return this.queue.settled();
  }

  /** The same of marks and decisions. */
  async settled(): Promise<void> {
    this.decisions.retry();
    await Promise.all([this.decisions.settled(), this.queue.settled()]);
  }

  retry(): void {
    this.queue.retry();
    this.decisions.retry();
  }

  /** Resolves when it has what other pages have saved, if the service answers. */
  refresh(): Promise<void> {
    return this.queue.refresh();
  }

  /** Gives up what the service refuses; all else stays. Whether it takes nothing of the task any
   * more, for instance since it was locked, so that the page must load it again. */
  discard(): boolean {
    const { stopped } = this.queue;
    void this.show(allApplied(this.base, this.queue.discard()));
    this.history = noHistory; // it may rest on what was given up
    this.changed();
    return stopped;
  }

  close(): void {
    this.queue.stop();
    this.decisions.stop();
    this.channel.close();
    this.letGo();
  }
}
