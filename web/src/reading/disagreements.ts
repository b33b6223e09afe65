// Where two pages have said different things about a study: films whose verdict the reader is asked
// for, and changes that gave way to what was saved. They are kept in the browser, like changes that
// are not saved, until the reader changes what they are about, or dismisses them.
import { BrowserStore } from './browser_store';
import type { Merged } from './merge';
import { type Difference, leftOf } from './merge_fields';
import { filmOf, type Reading } from './record';

/** "verdict": two pages gave the film different verdicts, and it has none. */
type Disagreement = Difference | { kind: 'verdict'; film: number };

interface Row {
  login: string;
  task: number;
  /** The same for the same disagreement, which two pages may find. */
  key: string;
  about: Disagreement;
}

const store = new BrowserStore<Row>('spinexr-reading-disagreements', 'rows', [
  'login',
  'task',
  'key',
]);

const keyOf = (d: Disagreement): string => JSON.stringify(d);

const openIn = (now: Reading, d: Disagreement): Disagreement | null => {
  if (d.kind !== 'verdict') return leftOf(d, now);
  return filmOf(now, d.film).verdict === '' ? d : null;
};

export class Disagreements {
  private items: ReadonlyMap<string, Disagreement> = new Map();
  private disk: Promise<void> = Promise.resolve();

  constructor(
    private readonly login: string,
    private readonly task: number,
  ) {}

  /** Films whose verdict must be given again. */
  get conflicts(): number[] {
    return [...this.items.values()].flatMap((d) => (d.kind === 'verdict' ? [d.film] : []));
  }

  /** Changes that gave way to those of another page. */
  get differences(): Difference[] {
    return [...this.items.values()].flatMap((d) => (d.kind === 'verdict' ? [] : [d]));
  }

  /** Adds those that earlier pages have found, as far as they are open. */
  async load(now: Reading): Promise<void> {
    const rows = await store.all().catch(() => []);
    const { login, task } = this;
    const found = rows.filter((r) => r.login === login && r.task === task);
    this.items = new Map([...found.map((r) => [r.key, r.about] as const), ...this.items]);
    void this.update(now);
  }

  /** Adds what a merge has found, and drops what the reader has answered since. Resolves when that
   * is kept. */
  update(now: Reading, found?: Merged): Promise<void> {
    const asked = (found?.conflicts ?? []).map((film): Disagreement => ({ kind: 'verdict', film }));
    const all = [...this.items.values(), ...asked, ...(found?.differences ?? [])];
    return this.keep(all.flatMap((d) => openIn(now, d) ?? []));
  }

  dismiss(what: 'conflicts' | 'differences'): void {
    const isGone = (d: Disagreement): boolean => (d.kind === 'verdict') === (what === 'conflicts');
    void this.keep([...this.items.values()].filter((d) => !isGone(d)));
  }

  /** A browser that keeps nothing on disk still shows them. */
  private keep(all: readonly Disagreement[]): Promise<void> {
    const { login, task, items: was } = this;
    const now = new Map(all.map((about) => [keyOf(about), about]));
    const gone = [...was.keys()].filter((key) => !now.has(key));
    const added = [...now].filter(([key]) => !was.has(key));
    this.items = now;
    if (gone.length === 0 && added.length === 0) return this.disk;
    const keys = gone.map((key) => [login, task, key]);
    const rows = added.map(([key, about]) => ({ login, task, key, about }));
    this.disk = this.disk.then(() => store.replace(keys, rows)).catch(() => undefined);
    return this.disk;
  }
}
