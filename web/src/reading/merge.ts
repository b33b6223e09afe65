// Two pages with one study: what another page has saved comes first, and what this page has not
// saved yet is done again after it. No box is lost: where one page changed a box that the other
// deleted, the box stays; where one says "no finding" or rejects the film, and the other has a box,
// the verdict is open. Of two equal boxes, as of an adjudicator who took one on both pages, one is
// left out.
import {
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

/** `base`: with what the others did. `theirs`: boxes that they changed. */
export function merged(base: Reading, theirs: ReadonlySet<string>, mine: readonly Op[]): Merged {
  const ops: Op[] = [];
  const conflicts = new Set<number>();
  let state = base;
  const add = (op: Op): void => {
    ops.push(op);
    state = applied(state, op);
  };
  const open = (film: number): void => {
    conflicts.add(film);
    if (filmOf(state, film).verdict !== '') add(setVerdict(film, ''));
  };
  for (const op of mine) {
    const film = op.film ?? 0;
    if (op.kind === 'box_delete' && theirs.has(op.box ?? '')) continue;
    if (op.kind === 'box_delete' && !state.boxes.has(op.box ?? '')) continue; // they did it, too
    if (hasEqual(state, op)) continue;
    if (op.kind === 'box_put' && excludesBoxes(filmOf(state, film).verdict)) open(film);
    const boxless = op.kind === 'verdict' && excludesBoxes(op.body?.verdict ?? '');
    if (boxless && boxesOf(state, film).length > 0) {
      open(film);
      continue;
    }
    add(op);
  }
  return { ops, conflicts: [...conflicts] };
}
