// Undo and redo. An action of the reader is a group of operations of one film or of the study, and
// is undone as a whole; undoing is made of operations too, which are saved like all others.
import { allApplied, inverses, type Op, type Reading } from './record';

/** What the service alone keeps of an action, a decision on a finding. */
export interface Decided {
  undo: () => void;
  redo: () => void;
}

interface Action {
  /** null: of the study. */
  film: number | null;
  undo: Op[];
  /** Actions of one gesture, for instance of a key that is held down, become one. */
  gesture: string;
  decided?: Decided;
}

export interface History {
  done: readonly Action[];
  undone: readonly Action[];
}

export const noHistory: History = { done: [], undone: [] };

const filmOfOps = (ops: readonly Op[]): number | null => ops[0]?.film ?? null;

/** The thing whose state an operation says. */
export const thingOf = (op: Op): string =>
  op.box ?? `${op.kind} ${op.film ?? ''} ${op.body?.prelabel ?? ''}`;

/** Undoes the later operations, then the earlier ones. Of one thing, the earlier one is enough. */
function joinedUndo(later: readonly Op[], earlier: readonly Op[]): Op[] {
  const things = new Set(earlier.map(thingOf));
  return [...later.filter((op) => !things.has(thingOf(op))), ...earlier];
}

/** After the operations of an action, which were applied to `before`. */
export function recorded(
  h: History,
  before: Reading,
  ops: readonly Op[],
  gesture = '',
): History {
  const undo = inverses(before, ops);
  if (undo.length === 0) return h;
  const film = filmOfOps(ops);
  const last = h.done[h.done.length - 1];
  if (gesture && last && last.gesture === gesture && last.film === film) {
    const joined = { film, gesture, undo: joinedUndo(undo, last.undo) };
    return { done: [...h.done.slice(0, -1), joined], undone: [] };
  }
  return { done: [...h.done, { film, undo, gesture }], undone: [] };
}

/** After a decision that changes no box. */
export function recordedDecision(h: History, film: number, decided: Decided): History {
  return { done: [...h.done, { film, undo: [], gesture: '', decided }], undone: [] };
}

/** Without a decision that the service has refused. */
export function withoutDecision(h: History, decided: Decided): History {
  const kept = (actions: readonly Action[]): Action[] =>
    actions.filter((a) => a.decided !== decided);
  return { done: kept(h.done), undone: kept(h.undone) };
}

function lastOf(actions: readonly Action[], film: number | null): number {
  for (let i = actions.length - 1; i >= 0; i--)
    if (film === null || actions[i]?.film === film || actions[i]?.film === null) return i;
  return -1;
}

/** Without the actions on what other pages have changed: films, and the study itself (null). */
export function withoutThose(h: History, changed: ReadonlySet<number | null>): History {
  const kept = (actions: readonly Action[]): Action[] =>
    actions.filter((a) => !changed.has(a.film));
  return { done: kept(h.done), undone: kept(h.undone) };
}

const without = (actions: readonly Action[], i: number): Action[] =>
  actions.filter((_, k) => k !== i);

export interface Step {
  ops: Op[];
  /** Undoes a decision, or decides it again. */
  decide: () => void;
  history: History;
}

const nothing = (): void => undefined;

/** The last action of a film or of the study; null: there is none. `film` null: the last of all. */
export function undone(h: History, now: Reading, film: number | null): Step | null {
  const i = lastOf(h.done, film);
  const action = h.done[i];
  if (!action) return null;
  const redo = { ...action, undo: inverses(now, action.undo), gesture: '' };
  return {
    ops: action.undo,
    decide: action.decided?.undo ?? nothing,
    history: { done: without(h.done, i), undone: [...h.undone, redo] },
  };
}

export function redone(h: History, now: Reading, film: number | null): Step | null {
  const i = lastOf(h.undone, film);
  const action = h.undone[i];
  if (!action) return null;
  const undo = { ...action, undo: inverses(now, action.undo), gesture: '' };
  return {
    ops: action.undo,
    decide: action.decided?.redo ?? nothing,
    history: { done: [...h.done, undo], undone: without(h.undone, i) },
  };
}

export const after = (r: Reading, step: Step): Reading => allApplied(r, step.ops);
