// Sends operations to the service, in their order, each batch whole or not at all. What cannot be
// sent now is sent later; what was sent twice is saved once, by client and number.
import { ApiError } from '../api';
import type { ReadingOp } from '../api_types';
import { type Pending, replacePending } from './op_db';
import type { Op } from './record';
import { fetchOps, MOST_OPS, sendOps } from './reading_api';

export interface QueueState {
  /** Operations that are not saved on the service. */
  unsaved: number;
  /** Why they are not: "network", or a message of the service that refuses them; "": no problem. */
  problem: string;
  /** The service refuses them: sending again does not help. */
  refused: boolean;
}

interface Owner {
  changed: () => void;
  /** These were saved; the last has number `rev`. */
  saved: (ops: Op[]) => void;
  /** Others have saved these; returns what takes the place of the pending operations. */
  merge: (theirs: ReadingOp[], pending: Op[]) => Op[];
}

const RETRY = [500, 1000, 2000, 5000, 10000]; // ms

export class OpQueue {
  readonly client: string = crypto.randomUUID();
  private seq = 0;
  private pending: Pending[] = [];
  private disk: Promise<void> = Promise.resolve();
  private sending = false;
  private failures = 0;
  private timer = 0;
  private waiting: (() => void)[] = [];
  state: QueueState = { unsaved: 0, problem: '', refused: false };

  constructor(
    private readonly login: string,
    private readonly task: number,
    public rev: number,
    private readonly owner: Owner,
  ) {}

  private tell(part: Partial<QueueState>): void {
    this.state = { ...this.state, ...part, unsaved: this.pending.length };
    this.owner.changed();
    if (this.pending.length > 0 && !this.state.refused) return;
    for (const done of this.waiting.splice(0)) done();
  }

  private numbered(op: Op): Pending {
    const { login, task, client } = this;
    return { login, task, client, seq: ++this.seq, at: Date.now(), op };
  }

  /** A browser that keeps nothing on disk still sends. */
  private keep(gone: readonly Pending[], added: readonly Pending[]): Promise<void> {
    this.disk = this.disk.then(() => replacePending(gone, added)).catch(() => undefined);
    return this.disk;
  }

  /** Resolves when they are kept in the browser. `instead`: what they take the place of. */
  add(ops: readonly Op[], instead: readonly Pending[] = []): Promise<void> {
    const added = ops.map((op) => this.numbered(op));
    this.pending.push(...added);
    const kept = this.keep(instead, added);
    this.tell({});
    void this.send();
    return kept;
  }

  /** Sends now what waits for the next try. */
  retry(): void {
    clearTimeout(this.timer);
    this.failures = 0;
    this.state = { ...this.state, refused: false, problem: '' };
    void this.send();
  }

  /** Gives up what the service refuses. */
  discard(): void {
    void this.keep(this.pending, []);
    this.pending = [];
    this.tell({ problem: '', refused: false });
  }

  /** Resolves when all is saved, or refused. */
  settled(): Promise<void> {
    if (this.pending.length === 0 || this.state.refused) return Promise.resolve();
    this.retry();
    return new Promise((done) => this.waiting.push(done));
  }

  stop(): void {
    clearTimeout(this.timer);
    this.waiting = [];
  }

  /** Reads what other pages have saved meanwhile. */
  async refresh(): Promise<void> {
    if (this.sending || this.pending.length > 0) return;
    const list = await fetchOps(this.task, this.rev).catch(() => null);
    if (list && list.rev > this.rev && !this.sending) this.rebase(list.rev, list.ops);
  }

  private async send(): Promise<void> {
    if (this.sending || this.pending.length === 0 || this.state.refused) return;
    this.sending = true;
    const batch = this.pending.slice(0, MOST_OPS);
    try {
      await this.disk; // first on this computer, then on the service
      const answer = await sendOps(this.task, this.client, this.rev, batch);
      this.failures = 0;
      if ('ops' in answer) this.rebase(answer.rev, answer.ops);
      else this.acknowledge(batch, answer.rev);
    } catch (e) {
      this.fail(e);
    } finally {
      this.sending = false;
    }
    if (!this.state.problem) void this.send();
  }

  private acknowledge(batch: Pending[], rev: number): void {
    this.rev = rev;
    this.pending = this.pending.slice(batch.length);
    void this.keep(batch, []);
    this.owner.saved(batch.map((p) => p.op));
    this.tell({ problem: '' });
  }

  /** Of our own operations, some may have been saved although the answer was lost. */
  private rebase(rev: number, ops: ReadingOp[]): void {
    const saved = new Set(ops.filter((o) => o.client === this.client).map((o) => o.seq));
    const before = this.pending;
    this.rev = rev;
    const left = before.filter((p) => !saved.has(p.seq)).map((p) => p.op);
    this.pending = this.owner.merge(ops, left).map((op) => this.numbered(op));
    void this.keep(before, this.pending);
    this.tell({ problem: '' });
    if (!this.sending) void this.send();
  }

  private fail(e: unknown): void {
    const status = e instanceof ApiError ? e.status : 0;
    const refused = status >= 400 && status < 500 && status !== 401 && status !== 429;
    const problem = status === 0 || status >= 500 ? 'network' : String((e as Error).message);
    this.tell({ problem, refused });
    if (refused) return;
    const wait = RETRY[Math.min(this.failures++, RETRY.length - 1)] ?? 10000;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.state = { ...this.state, problem: '' };
      void this.send();
    }, wait) as unknown as number;
  }
}
