// Changes that this browser keeps since the service does not have them, and whose studies are not
// open: they are sent from whatever page its reader has open, and shown until they are saved. What
// another page has contradicted waits until its study is opened, where the reader can be asked.
import { ApiError } from '../api';
import { onDatabaseChange, type Pending, pendingOfPerson, replacePending } from './op_db';
import { isOpenHere, openClients, orphansOf, recoveringIfFree, resendOrphans } from './recover';

export interface Kept {
  count: number;
  /** "waits": they are sent when the service takes them; "asks": when the study is opened; "lost":
   * the service says that the study is not one of this reader. */
  state: 'waits' | 'asks' | 'lost';
}

/** By the numbers of tasks. */
export type KeptWork = ReadonlyMap<number, Kept>;

const WAITS = [3000, 5000, 10000]; // ms
const SAVING = 2000; // ms that an open page may take to save something before it is called kept

function byTask(rows: readonly Pending[]): Map<number, Pending[]> {
  const out = new Map<number, Pending[]>();
  for (const row of rows) out.set(row.task, [...(out.get(row.task) ?? []), row]);
  return out;
}

const nameOf = (rows: readonly Pending[]): string =>
  rows.map((p) => `${p.client} ${p.seq}`).join();

export class KeptSender {
  kept: KeptWork = new Map();
  /** How many were saved. */
  saved = 0;
  private readonly channel = new BroadcastChannel('spinexr-reading');
  private shown = '';
  private timer = 0;
  private failures = 0;
  private isBusy = false;
  private isOver = false;
  /** What the service has answered, and what it was asked for: it is not asked again. */
  private readonly answers = new Map<number, { rows: string; state: 'asks' | 'lost' }>();
  private readonly stopListening: () => void;

  constructor(
    private readonly login: string,
    private readonly changed: () => void,
  ) {
    this.stopListening = onDatabaseChange(() => void this.look());
    void this.look();
  }

  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.stopListening();
    this.channel.close();
  }

  /** Sends what there is, and again later. */
  async look(): Promise<void> {
    if (this.isBusy || this.isOver) return;
    this.isBusy = true;
    clearTimeout(this.timer);
    const fails = await this.sendAll().catch(() => false);
    this.failures = fails ? this.failures + 1 : 0;
    this.isBusy = false;
    if (this.isOver) return;
    const wait = WAITS[Math.min(this.failures, WAITS.length - 1)];
    this.timer = setTimeout(() => void this.look(), wait) as unknown as number;
  }

  /** Whether something could not be sent. */
  private async sendAll(): Promise<boolean> {
    await this.show();
    let fails = false;
    for (const task of byTask(await pendingOfPerson(this.login)).keys()) {
      if (this.isOver) return false;
      if (isOpenHere(task)) continue;
      fails = !(await this.sendTask(task)) || fails;
    }
    await this.show();
    return fails;
  }

  /** Whether the service has answered. */
  private async sendTask(task: number): Promise<boolean> {
    const { login, answers } = this;
    let isAnswered = true;
    await recoveringIfFree(task, async () => {
      const rows = nameOf(await orphansOf(login, task));
      if (rows === '' || answers.get(task)?.rows === rows) return;
      try {
        const count = await resendOrphans(login, task);
        this.saved += count;
        if (count > 0 && !this.isOver) this.channel.postMessage(task);
        const left = nameOf(await orphansOf(login, task));
        if (left) answers.set(task, { rows: left, state: 'asks' });
      } catch (e) {
        const status = e instanceof ApiError ? e.status : 0;
        isAnswered = status === 403 || status === 404;
        if (isAnswered) answers.set(task, { rows, state: 'lost' });
      }
    });
    return isAnswered;
  }

  private async show(): Promise<void> {
    const { answers } = this;
    const stateOf = (task: number, rows: Pending[]): Kept['state'] => {
      const answer = answers.get(task);
      return answer?.rows === nameOf(rows) ? answer.state : 'waits';
    };
    const all = await pendingOfPerson(this.login).catch(() => []);
    const open = all.length > 0 ? await openClients() : new Set<string>();
    const rows = all.filter((p) => !open.has(p.client) || Date.now() - p.at > SAVING);
    this.kept = new Map([...byTask(rows)].map(([task, of]) =>
      [task, { count: of.length, state: stateOf(task, of) }]));
    const shown = JSON.stringify([this.saved, ...this.kept]);
    if (shown === this.shown || this.isOver) return;
    this.shown = shown;
    this.changed();
  }

  /** The reader gives up what the service does not take. */
  async giveUp(tasks: readonly number[]): Promise<void> {
    const rows = await pendingOfPerson(this.login);
    await replacePending(rows.filter((p) => tasks.includes(p.task)), []);
    await this.show();
  }
}

/** How many changes of this reader the browser keeps and the service lacks. */
export const keptChanges = async (login: string): Promise<number> =>
  (await pendingOfPerson(login).catch(() => [])).length;
