// Two pages with one study: what another page has saved comes first, and what this page has not
// saved yet is done again after it. No box is lost: where one page changed a box that the other
// deleted, the box stays. Where both changed the verdict of a film, and differ, it is open, and so
// it is where one says "no finding" or rejects the film, and the other has a box, or where one
// deleted the last box and the other added one: the reader is asked. Of two equal boxes, as of an
// adjudicator who took one on both pages, one is left out.
import {
  allApplied,
  applied,
  boxesOf,
  excludesBoxes,
  filmOf,
  hasEqual,
  type Op,
  type Reading,
  setVerdict,
} from './record';

export interface Merged {
  ops: Op[];
  /** Films whose verdict must be given again. */
  conflicts: number[];
}

export interface Theirs {
  /** Before the others did anything: what the operations of this page were made on. */
  before: Reading;
  /** With what the others did. */
  base: Reading;
  /** Boxes that the others changed. */
  boxes: ReadonlySet<string>;
}

type Contest = 'theirs' | 'open';

/** Films whose verdict both changed: "open" where the two differ, "theirs" where this page has in
 * the end changed nothing. */
function contested(theirs: Theirs, own: Reading, mine: readonly Op[]): Map<number, Contest> {
  const { before, base } = theirs;
  const out = new Map<number, Contest>();
  for (const { kind, film = 0 } of mine) {
    if (kind !== 'verdict') continue;
    const [was, wants, has] = [before, own, base].map((r) => filmOf(r, film).verdict);
    if (has === was || has === wants) continue;
    if (wants === was) out.set(film, 'theirs');
    else if (has !== '') out.set(film, 'open');
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

export function merged(theirs: Theirs, mine: readonly Op[]): Merged {
  const ops: Op[] = [];
  const conflicts = new Set<number>();
  const own = allApplied(theirs.before, mine);
  const contests = contested(theirs, own, mine);
  const lastVerdicts = new Map(mine.filter((o) => o.kind === 'verdict').map((o) => [o.film, o]));
  let state = theirs.base;
  const add = (op: Op): void => {
    ops.push(op);
    state = applied(state, op);
  };
  const open = (film: number): void => {
    conflicts.add(film);
    if (filmOf(state, film).verdict !== '') add(setVerdict(film, ''));
  };
  const isDone = (op: Op): boolean => {
    const box = op.box ?? '';
    if (op.kind === 'box_delete') return theirs.boxes.has(box) || !state.boxes.has(box);
    if (op.kind !== 'box_put') return false;
    return hasEqual(state, op) || !(own.boxes.has(box) || state.boxes.has(box));
  };
  for (const step of steps(mine)) {
    const left = step.filter((op) => !isDone(op));
    const op = left.at(-1);
    if (!op) continue;
    const film = op.film ?? 0;
    if (op.kind === 'verdict') {
      const contest = contests.get(film);
      const boxless =
        excludesBoxes(op.body?.verdict ?? '') && boxesOf(allApplied(state, left), film).length > 0;
      // of a verdict that was changed once more nobody is asked
      if (contest === 'open' || (boxless && !contest && lastVerdicts.get(film) === op)) open(film);
      if (contest || boxless) continue;
    }
    if (op.kind === 'box_put' && excludesBoxes(filmOf(state, film).verdict)) open(film);
    left.forEach(add);
  }
  for (const { film } of state.boxes.values())
    if (lacksVerdict(state, film) && !lacksVerdict(own, film)) conflicts.add(film);
  return { ops, conflicts: [...conflicts] };
}
