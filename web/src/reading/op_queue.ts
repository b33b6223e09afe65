// Sends operations to the service, in their order, each batch whole or not at all. What cannot be
// sent now is sent later; what was sent twice is saved once, by client and number. An operation
// that the service refuses for what it says is set aside, and those after it are sent.
import { ApiError } from '../api';
import type { ReadingOp } from '../api_types';
import { thingOf } from './history';
import { databaseOpenings, onDatabaseChange, type Pending, replacePending } from './op_db';
import type { Op } from './record';
import { fetchOps, MOST_OPS, sendOps } from './reading_api';

export interface QueueState {
  /** Operations that are not saved on the service. */
  unsaved: number;
  /** Why they are not: "network"; "late", since the service has not answered yet; or its answer, as
   * "507 Insufficient Storage"; "": no problem. */
  problem: string;
  /** The service refuses some or all: sending again does not help. */
  refused: boolean;
  /** The browser keeps them, so that they survive this page. null: that is not known yet. Without
   * any: whether it would. */
  kept: boolean | null;
}

interface Owner {
  changed: () => void;
  /** These were saved; the last has number `rev`. */
  saved: (ops: Op[]) => void;
  /** Others have saved these; returns what takes the place of the pending operations. `kept`: it
   * does so on disk only then, since by then the browser keeps what gave way. */
  merge: (theirs: ReadingOp[], pending: Op[]) => { ops: Op[]; kept: Promise<void> };
  /** Whether the service has the box. */
  hasBox: (box: string) => boolean;
}

const RETRY = [500, 1000, 2000, 5000, 10000]; // ms
const SURE = 3; // failures in a row, after which nothing is believed to be kept still
const LATE = 2000; // ms

export class OpQueue {
  readonly client: string = crypto.randomUUID();
  private seq = 0;
  private pending: Pending[] = [];
  private aside: Pending[] = [];
  private asideWhy = '';
  /** So many of the next are sent one by one, since the service refused one of them. */
  private alone = 0;
  /** Why nothing can be sent. */
  private trouble = { text: '', refused: false };
  private disk: Promise<boolean> = Promise.resolve(true);
  private kept = true;
  /** Operations whose writing on disk has begun. */
  private writing = 0;
  /** Rows on disk that could not be deleted. */
  private owed: Pending[] = [];
  private readonly stopListening: () => void;
  private isOver = false;
  private sending = false;
  private isLate = false;
  private failures = 0;
  private timer = 0;
  private waiting: (() => void)[] = [];
  state: QueueState = { unsaved: 0, problem: '', refused: false, kept: true };

  constructor(
    private readonly login: string,
    private readonly task: number,
    public rev: number,
    private readonly owner: Owner,
  ) {
    this.stopListening = onDatabaseChange(() => this.databaseChanged());
    void this.keep([], []); // finds out whether the browser keeps anything
  }

  private get all(): Pending[] {
    return [...this.aside, ...this.pending];
  }

  private get keptNow(): boolean | null {
    return this.kept && this.writing > 0 ? null : this.kept;
  }

  /** How many operations only this page has. */
  get unkept(): number {
    return this.keptNow ? 0 : this.all.length;
  }

  /** Resolves when it is known whether the browser keeps what was done so far. */
  written(): Promise<unknown> {
    return this.disk;
  }

  private tell(): void {
    if (this.isOver) return;
    const { text, refused } = this.trouble;
    const why = refused || this.aside.length === 0 ? text : this.asideWhy;
    this.state = {
      unsaved: this.all.length,
      problem: why || (this.isLate ? 'late' : ''),
      refused: refused || this.aside.length > 0,
      kept: this.keptNow,
    };
    this.owner.changed();
    if (this.pending.length > 0 && !refused) return;
    for (const done of this.waiting.splice(0)) done();
  }

  private numbered(op: Op): Pending {
    const { login, task, client, rev } = this;
    return { login, task, client, seq: ++this.seq, at: Date.now(), rev, op };
  }

  /** A browser that keeps nothing on disk still sends. What it could not keep is kept with what
   * comes next. Resolves when that is known: whether it is kept. */
  private keep(
    gone: readonly Pending[],
    added: readonly Pending[],
    first: Promise<void> = Promise.resolve(),
  ): Promise<boolean> {
    this.writing += added.length;
    this.disk = Promise.all([this.disk, first])
      .then(() => this.write(gone, added))
      .then(() => true, () => false)
      .then((kept) => {
        this.writing -= added.length;
        return this.setKept(kept);
      });
    return this.disk;
  }

  /** Writes all once more: the browser's data may have been cleared unnoticed. */
  private keepAgain(): void {
    this.disk = this.disk
      .then(() => (this.isOver ? undefined : this.write([], this.all)))
      .then(() => this.setKept(true), () => this.setKept(false));
  }

  private async write(gone: readonly Pending[], added: readonly Pending[]): Promise<void> {
    const owed = (this.owed = [...this.owed, ...gone]);
    const openings = databaseOpenings();
    await replacePending(owed, this.kept ? added : this.all);
    this.owed = [];
    if (databaseOpenings() !== openings) await replacePending([], this.all);
  }

  private databaseChanged(): void {
    if (this.kept && this.all.length === 0) return;
    this.setKept(false);
    this.keepAgain();
  }

  private setKept(kept: boolean): boolean {
    this.kept = kept;
    if (this.keptNow !== this.state.kept) this.tell();
    return kept;
  }

  /** Resolves when that is known: whether the browser keeps them. `instead`: what they take the
   * place of, not before `first` has resolved. */
  add(
    ops: readonly Op[],
    instead: readonly Pending[] = [],
    first?: Promise<void>,
  ): Promise<boolean> {
    const [useful, replaced] = this.withoutAside(ops);
    const added = useful.map((op) => this.numbered(op));
    this.pending.push(...added);
    const kept = this.keep([...instead, ...replaced], added, first);
    this.tell();
    void this.send();
    return kept;
  }

  /** A new state of a thing takes the place of one that was set aside. A box that was never saved
   * needs no deletion. */
  private withoutAside(ops: readonly Op[]): [readonly Op[], Pending[]] {
    const things = new Set(ops.map(thingOf));
    const replaced = this.aside.filter((p) => things.has(thingOf(p.op)));
    if (replaced.length === 0) return [ops, []];
    this.aside = this.aside.filter((p) => !replaced.includes(p));
    const unsaved = new Set(replaced.map((p) => p.op.box).filter((box) => box !== undefined));
    const useful = ops.filter(
      ({ kind, box }) =>
        kind !== 'box_delete' || !box || !unsaved.has(box) || this.owner.hasBox(box),
    );
    return [useful, replaced];
  }

  /** Sends now what waits for the next try, and what was refused. */
  retry(): void {
    clearTimeout(this.timer);
    this.failures = 0;
    this.trouble = { text: '', refused: false };
    if (this.aside.length > 0 && !this.sending) {
      // with new numbers, after those that were saved meanwhile
      const again = this.aside.map((p) => this.numbered(p.op));
      void this.keep(this.aside, again);
      this.pending.push(...again);
      this.aside = [];
    }
    void this.send();
  }

  /** The service refuses everything. */
  get stopped(): boolean {
    return this.trouble.refused;
  }

  /** Gives up what the service refuses, and says what is left to be sent. */
  discard(): Op[] {
    const gone = this.trouble.refused ? [...this.aside, ...this.pending] : this.aside;
    void this.keep(gone, []);
    if (this.trouble.refused) this.pending = [];
    this.aside = [];
    this.trouble = { text: '', refused: false };
    this.tell();
    return this.pending.map((p) => p.op);
  }

  /** Resolves when all is saved, or refused. */
  settled(): Promise<void> {
    if (this.pending.length === 0 || this.trouble.refused) return Promise.resolve();
    clearTimeout(this.timer);
    this.failures = 0;
    this.trouble = { text: '', refused: false };
    void this.send();
    return new Promise((done) => this.waiting.push(done));
  }

  /** What the browser keeps is sent by other pages from now on. */
  stop(): void {
    this.isOver = true;
    this.stopListening();
    clearTimeout(this.timer);
    this.waiting = [];
  }

  /** Reads what other pages have saved meanwhile. */
  async refresh(): Promise<void> {
    if (this.sending || this.isOver || this.pending.length > 0) return;
    const list = await fetchOps(this.task, this.rev).catch(() => null);
    if (list && list.rev > this.rev && !this.sending) this.rebase(list.rev, list.ops);
  }

  private async send(): Promise<void> {
    if (this.sending || this.isOver || this.pending.length === 0 || this.trouble.refused) return;
    this.sending = true;
    const batch = this.pending.slice(0, this.alone > 0 ? 1 : MOST_OPS);
    try {
      // first on this computer, then on the service
      const answer = await this.patiently((this.kept ? this.disk : Promise.resolve()).then(() =>
        sendOps(this.task, this.client, this.rev, batch)));
      this.failures = 0;
      if ('ops' in answer) this.rebase(answer.rev, answer.ops);
      else this.acknowledge(batch, answer.rev);
    } catch (e) {
      this.fail(e, batch);
    } finally {
      this.sending = false;
    }
    if (!this.trouble.text) void this.send();
  }

  /** Says so if the answer is late. */
  private async patiently<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.isLate = true;
      this.tell();
    }, LATE);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      this.isLate = false;
    }
  }

  private acknowledge(batch: Pending[], rev: number): void {
    this.rev = rev;
    this.pending = this.pending.slice(batch.length);
    this.alone = Math.max(this.alone - batch.length, 0);
    this.trouble = { text: '', refused: false };
    void this.keep(batch, []);
    if (this.isOver) return;
    this.owner.saved(batch.map((p) => p.op));
    this.tell();
  }

  /** Of our own operations, some may have been saved although the answer was lost. */
  private rebase(rev: number, ops: ReadingOp[]): void {
    if (this.isOver) return;
    const saved = new Set(ops.filter((o) => o.client === this.client).map((o) => o.seq));
    const before = [...this.aside, ...this.pending].sort((p, q) => p.seq - q.seq);
    this.rev = rev;
    this.aside = [];
    this.trouble = { text: '', refused: false };
    const left = before.filter((p) => !saved.has(p.seq)).map((p) => p.op);
    const merged = this.owner.merge(ops, left);
    this.pending = merged.ops.map((op) => this.numbered(op));
    void this.keep(before, this.pending, merged.kept);
    this.tell();
    if (!this.sending) void this.send();
  }

  /** One operation of the batch is wrong, whatever is sent before and after it. */
  private refuseOne(why: string, batch: Pending[]): void {
    if (batch.length > 1) {
      this.alone = batch.length; // which one is found by sending each alone
      return;
    }
    this.alone = Math.max(this.alone - 1, 0);
    this.pending = this.pending.slice(1);
    this.aside.push(...batch);
    this.asideWhy = why;
    this.trouble = { text: '', refused: false };
    this.tell();
  }

  private fail(e: unknown, batch: Pending[]): void {
    if (this.isOver) return;
    const status = e instanceof ApiError ? e.status : 0;
    const message = String((e as Error).message);
    if (status === 400) return this.refuseOne(message, batch);
    const refused = status > 400 && status < 500 && status !== 401 && status !== 429;
    const text = status === 0 ? 'network' : refused ? message : `${status} ${message}`.trim();
    this.trouble = { text, refused };
    this.tell();
    if (refused) return;
    if (!this.kept || this.failures >= SURE) this.keepAgain();
    const wait = RETRY[Math.min(this.failures++, RETRY.length - 1)] ?? 10000;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.trouble = { text: '', refused: false };
      void this.send();
    }, wait) as unknown as number;
  }
}
