// Two pages with one study: what another page has saved comes first, and what this page has not
// saved yet is done again after it, field by field (merge_fields.ts). No box is lost: where one
// page changed a box that the other deleted, the box stays. Where both changed the verdict of a
// film, and differ, it is open, and so it is where one says "no finding" or rejects the film, and
// the other has a box, or where one deleted the last box and the other added one: the reader is
// asked. Of two equal boxes, as of an adjudicator who took one on both pages, one is left out. What
// became of a proposal of the networks follows its box.
import { type Difference, differencesOf, mergedBox, mergedList, mergedStudy } from './merge_fields';
import {
  allApplied,
  applied,
  boxesOf,
  boxOf,
  type Choice,
  excludesBoxes,
  type FilmRecord,
  filmOf,
  hasEqual,
  type Op,
  putBox,
  type Reading,
  sameBox,
  sameEntries,
  setFilmTags,
  setStudy,
  setVerdict,
} from './record';

export interface Merged {
  ops: Op[];
  /** Films whose verdict must be given again. */
  conflicts: number[];
  /** What the reader is told: changes that gave way to what is saved. */
  differences: Difference[];
}

export interface Theirs {
  /** Before the others did anything: what the operations of this page were made on. */
  before: Reading;
  /** With what the others did. */
  base: Reading;
}

type Contest = 'theirs' | 'open';

const sameVerdict = (a: FilmRecord, b: FilmRecord): boolean =>
  a.verdict === b.verdict && a.reason === b.reason;

/** Films whose verdict both changed: "open" where the two differ, "theirs" where this page has in
 * the end changed nothing, or both rejected the film. */
function contested(theirs: Theirs, own: Reading, mine: readonly Op[]): Map<number, Contest> {
  const out = new Map<number, Contest>();
  for (const { kind, film = 0 } of mine) {
    if (kind !== 'verdict') continue;
    const was = filmOf(theirs.before, film);
    const has = filmOf(theirs.base, film);
    const wants = filmOf(own, film);
    if (sameVerdict(has, was) || sameVerdict(has, wants)) continue;
    if (sameVerdict(wants, was) || wants.verdict === has.verdict) out.set(film, 'theirs');
    else if (has.verdict !== '') out.set(film, 'open');
  }
  return out;
}

/** Rejecting a film deletes its boxes first: both are done, or neither is. */
function steps(mine: readonly Op[]): Op[][] {
  const out: Op[][] = [];
  let deletes: Op[] = []; // of one film, the last operations
  for (const op of mine) {
    if (deletes[0]?.film !== op.film) deletes = [];
    const rejects = op.kind === 'verdict' && op.body?.verdict === 'rejected';
    if (rejects) out.splice(out.length - deletes.length, deletes.length, [...deletes, op]);
    else out.push([op]);
    deletes = op.kind === 'box_delete' ? [...deletes, op] : [];
  }
  return out;
}

/** A verdict is missing where there are boxes. */
const lacksVerdict = (r: Reading, film: number): boolean =>
  filmOf(r, film).verdict === '' && boxesOf(r, film).length > 0;

const keepsBox = (choice: Choice): boolean => choice === 'accept' || choice === 'edit';

class Merging {
  readonly ops: Op[] = [];
  readonly conflicts = new Set<number>();
  /** With what the others did, and with `ops`. */
  state: Reading;
  /** As this page leaves it. */
  readonly own: Reading;
  private readonly contests: Map<number, Contest>;
  private readonly lastVerdicts: Map<Op['film'], Op>;
  private readonly lastPuts: Map<Op['box'], Op>;

  constructor(
    private readonly theirs: Theirs,
    private readonly mine: readonly Op[],
  ) {
    this.state = theirs.base;
    this.own = allApplied(theirs.before, mine);
    this.contests = contested(theirs, this.own, mine);
    const verdicts = mine.filter((o) => o.kind === 'verdict');
    this.lastVerdicts = new Map(verdicts.map((o) => [o.film, o]));
    const puts = mine.filter((o) => o.kind === 'box_put');
    this.lastPuts = new Map(puts.map((o) => [o.box, o]));
  }

  private add(op: Op): void {
    this.ops.push(op);
    this.state = applied(this.state, op);
  }

  private open(film: number): void {
    this.conflicts.add(film);
    if (filmOf(this.state, film).verdict !== '') this.add(setVerdict(film, ''));
  }

  /** Another page has changed the box, and did not delete it. */
  private changedThere(box: string): boolean {
    const [was, has] = [this.theirs.before, this.theirs.base].map((r) => r.boxes.get(box));
    return has !== undefined && !(was && sameBox(was, has));
  }

  /** Of a box that was put several times, the last state alone is done: an earlier one could stay
   * where another box equals the last one. */
  private repairedPut(op: Op): Op | null {
    const box = op.box ?? '';
    if (op !== this.lastPuts.get(box)) return null;
    const { before, base } = this.theirs;
    const [was, has, last] = [before, base, this.own].map((r) => r.boxes.get(box));
    if (!last) return null; // this page has deleted it since
    if (was && !has && sameBox(last, was)) return null;
    const put = was && has ? putBox(mergedBox(was, has, boxOf(op))) : op;
    const now = this.state.boxes.get(box);
    return hasEqual(this.state, put) || (now && sameBox(now, boxOf(put))) ? null : put;
  }

  private repairedStudy({ body }: Op): Op | null {
    const wants = { tags: body?.tags ?? [], confidence: body?.confidence ?? null };
    const study = mergedStudy(this.theirs.before.study, this.theirs.base.study, wants);
    const now = this.state.study;
    const isSame = now.confidence === study.confidence && sameEntries(now.tags, study.tags);
    return isSame ? null : setStudy(study);
  }

  private repairedTags({ film = 0, body }: Op): Op | null {
    const [was, has] = [this.theirs.before, this.theirs.base].map((r) => filmOf(r, film).tags);
    const tags = mergedList(was ?? [], has ?? [], body?.tags ?? []);
    return sameEntries(filmOf(this.state, film).tags, tags) ? null : setFilmTags(film, tags);
  }

  /** Whether a box of the proposal is there when all is done. */
  private staysBox(prelabel: number): boolean {
    return [...this.state.boxes.values()].some(
      ({ box, source, source_id }) => source === 'prelabel' && source_id === prelabel &&
        (this.own.boxes.has(box) || this.changedThere(box)),
    );
  }

  private repairedChoice(op: Op): Op | null {
    const prelabel = op.body?.prelabel ?? 0;
    const choice = op.body?.choice ?? '';
    const { before, base } = this.theirs;
    const [was, has, wants] = [before, base, this.own].map((r) => r.choices.get(prelabel) ?? '');
    if (has !== was && wants === was) return null;
    const isFree = has === was || has === wants;
    if (!this.staysBox(prelabel)) return isFree ? op : null;
    return keepsBox(choice) && (isFree || !keepsBox(has ?? '')) ? op : null;
  }

  /** The operation as it is done after those of the others; null: nothing is left to do. */
  private repaired(op: Op): Op | null {
    switch (op.kind) {
      case 'box_put':
        return this.repairedPut(op);
      case 'box_delete':
        return this.changedThere(op.box ?? '') || !this.state.boxes.has(op.box ?? '') ? null : op;
      case 'study':
        return this.repairedStudy(op);
      case 'film_tags':
        return this.repairedTags(op);
      case 'prelabel_choice':
        return this.repairedChoice(op);
      default:
        return op;
    }
  }

  /** Whether a verdict stays, after operations on the boxes of its film. */
  private holds(verdict: Op, left: readonly Op[]): boolean {
    const film = verdict.film ?? 0;
    const contest = this.contests.get(film);
    const boxless =
      excludesBoxes(verdict.body?.verdict ?? '') &&
      boxesOf(allApplied(this.state, left), film).length > 0;
    // of a verdict that was changed once more nobody is asked
    const isLast = this.lastVerdicts.get(film) === verdict;
    if (contest === 'open' || (boxless && !contest && isLast)) this.open(film);
    return !contest && !boxless;
  }

  private take(step: readonly Op[]): void {
    const left = step.map((op) => this.repaired(op)).filter((op): op is Op => op !== null);
    const op = left[left.length - 1];
    if (!op) return;
    const film = op.film ?? 0;
    if (op.kind === 'verdict' && !this.holds(op, left)) return;
    if (op.kind === 'box_put' && excludesBoxes(filmOf(this.state, film).verdict)) this.open(film);
    left.forEach((o) => this.add(o));
  }

  all(): void {
    steps(this.mine).forEach((step) => this.take(step));
    // boxes that had an equal one for a while
    for (const op of this.lastPuts.values()) this.take([op]);
    for (const { film } of this.state.boxes.values())
      if (lacksVerdict(this.state, film) && !lacksVerdict(this.own, film)) this.conflicts.add(film);
  }
}

export function merged(theirs: Theirs, mine: readonly Op[]): Merged {
  const merging = new Merging(theirs, mine);
  merging.all();
  const { ops, conflicts, state, own } = merging;
  const differences = differencesOf(theirs.before, state, own);
  return { ops, conflicts: [...conflicts], differences };
}
