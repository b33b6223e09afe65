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

/** Opens their database ahead: one that does not answer delays the page only once. */
export const prepareDisagreements = (): void => store.prepare();

const yes = Promise.resolve(true);

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

  /** Adds those that earlier pages have found, as far as they are open. `maySettle`: what is not
   * open is dropped. Otherwise it stays in the browser: another page may be recovering what made
   * it. */
  async load(now: Reading, maySettle: boolean): Promise<void> {
    const rows = await store.all().catch(() => []);
    const { login, task } = this;
    const found = rows
      .filter((r) => r.login === login && r.task === task)
      .filter((r) => maySettle || openIn(now, r.about) !== null);
    this.items = new Map([...found.map((r) => [r.key, r.about] as const), ...this.items]);
    if (maySettle) void this.update(now);
  }

  /** Adds what a merge has found, and drops what the reader has answered since. Resolves when that
   * is kept. `answers`: whether the browser keeps the answers. Until then it keeps what they
   * answer, and if it keeps none, the next page that is loaded finds out what they have settled. */
  update(now: Reading, found?: Merged, answers: Promise<boolean> = yes): Promise<void> {
    const asked = (found?.conflicts ?? []).map((film): Disagreement => ({ kind: 'verdict', film }));
    const all = [...this.items.values(), ...asked, ...(found?.differences ?? [])];
    return this.keep(all.flatMap((d) => openIn(now, d) ?? []), answers);
  }

  dismiss(what: 'conflicts' | 'differences'): void {
    const isGone = (d: Disagreement): boolean => (d.kind === 'verdict') === (what === 'conflicts');
    void this.keep([...this.items.values()].filter((d) => !isGone(d)), yes);
  }

  /** A browser that keeps nothing on disk still shows them. */
  private keep(all: readonly Disagreement[], mayDrop: Promise<boolean>): Promise<void> {
    const { login, task, items: was } = this;
    const now = new Map(all.map((about) => [keyOf(about), about]));
    const gone = [...was.keys()].filter((key) => !now.has(key));
    const added = [...now].filter(([key]) => !was.has(key));
    this.items = now;
    if (gone.length === 0 && added.length === 0) return this.disk;
    const keys = gone.map((key) => [login, task, key]);
    const rows = added.map(([key, about]) => ({ login, task, key, about }));
    this.disk = Promise.all([mayDrop, this.disk])
      .then(([drops]) => store.replace(drops ? keys : [], rows))
      .catch(() => undefined);
    return this.disk;
  }
}
