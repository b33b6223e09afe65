// What a reader does, as operations. null: it cannot be done, and why.
import type { ReadingPrelabel } from '../api_types';
import {
  allApplied,
  applied,
  type Box,
  boxesOf,
  choosePrelabel,
  type Corners,
  deleteBox,
  filmOf,
  hasEqual,
  type Op,
  putBox,
  type Reading,
  setFilmTags,
  setStudy,
  setVerdict,
} from './record';

export type Refusal = 'rejectedFilm' | 'hasBoxes' | 'equalBox';
export type Result = Op[] | Refusal;

/** The operations, unless they would make two equal boxes. */
export function withoutEqual(r: Reading, ops: Op[]): Result {
  let state = r;
  for (const op of ops) {
    if (hasEqual(state, op)) return 'equalBox';
    state = applied(state, op);
  }
  return ops;
}

export const newBoxId = (): string => crypto.randomUUID();

/** A film with a box is abnormal: the verdict comes first, since "No finding" excludes boxes. */
function withVerdict(r: Reading, film: number, op: Op): Result {
  const { verdict } = filmOf(r, film);
  if (verdict === 'rejected') return 'rejectedFilm';
  return verdict === 'abnormal' ? [op] : [setVerdict(film, 'abnormal'), op];
}

export function drawBox(r: Reading, film: number, label: number, corners: Corners): Result {
  const box: Box = {
    ...{ box: newBoxId(), film, label, corners, attributes: [] },
    ...{ source: 'manual', source_id: null },
  };
  return withVerdict(r, film, putBox(box));
}

/** A box of a reader, or the median of several, becomes one of the adjudicator, in the place of
 * those that stood for the finding. */
export function takeBox(r: Reading, box: Box, earlier: readonly Box[]): Result {
  const { verdict } = filmOf(r, box.film);
  const put = verdict === 'abnormal' ? [] : [setVerdict(box.film, 'abnormal')];
  return withoutEqual(r, [...earlier.map(deleteBox), ...put, putBox(box)]);
}

/** A box that came from the networks and is changed is one that was edited. */
export function changeBox(box: Box, change: Partial<Box>): Op[] {
  const ops = [putBox({ ...box, ...change })];
  if (box.source === 'prelabel' && box.source_id !== null)
    ops.push(choosePrelabel(box.film, box.source_id, 'edit'));
  return ops;
}

/** Without boxes and tags the verdict is open again: it is never "normal" by itself. */
export function removeBox(r: Reading, box: Box): Op[] {
  const ops = [deleteBox(box)];
  const { verdict, tags } = filmOf(r, box.film);
  if (box.source === 'prelabel' && box.source_id !== null)
    ops.push(choosePrelabel(box.film, box.source_id, 'reject'));
  if (verdict === 'abnormal' && boxesOf(r, box.film).length === 1 && tags.length === 0)
    ops.push(setVerdict(box.film, ''));
  return ops;
}

/** Several boxes of one film, of no network. */
export const removeBoxes = (r: Reading, boxes: readonly Box[]): Op[] =>
  boxes.reduce<Op[]>((ops, b) => [...ops, ...removeBox(allApplied(r, ops), b)], []);

export function noFinding(r: Reading, film: number): Result {
  if (boxesOf(r, film).length > 0) return 'hasBoxes';
  return [setVerdict(film, filmOf(r, film).verdict === 'normal' ? '' : 'normal')];
}

/** The film is abnormal as a whole, for instance by a tag, without a box. */
export const abnormal = (film: number): Op[] => [setVerdict(film, 'abnormal')];

export const openVerdict = (film: number): Op[] => [setVerdict(film, '')];

export const rejectFilm = (r: Reading, film: number, reason: string): Op[] => [
  ...boxesOf(r, film).map(deleteBox),
  setVerdict(film, 'rejected', reason),
];

const toggled = <T>(all: readonly T[], one: T): T[] =>
  all.includes(one) ? all.filter((x) => x !== one) : [...all, one];

export const toggleAttribute = (box: Box, attribute: string): Op[] =>
  changeBox(box, { attributes: toggled(box.attributes, attribute) });

export const toggleFilmTag = (r: Reading, film: number, tag: number): Op[] => [
  setFilmTags(film, toggled(filmOf(r, film).tags, tag)),
];

export const toggleStudyTag = (r: Reading, tag: number): Op[] => [
  setStudy({ ...r.study, tags: toggled(r.study.tags, tag) }),
];

export const giveConfidence = (r: Reading, confidence: number): Op[] => [
  setStudy({ ...r.study, confidence }),
];

// ---- boxes of the networks ----

export function acceptPrelabel(r: Reading, p: ReadingPrelabel): Result {
  const box: Box = {
    ...{ box: newBoxId(), film: p.film, label: p.label, attributes: [] },
    ...{ corners: p.corners as unknown as Corners, source: 'prelabel', source_id: p.prelabel },
  };
  const ops = withVerdict(r, p.film, putBox(box));
  return typeof ops === 'string' ? ops : [...ops, choosePrelabel(p.film, p.prelabel, 'accept')];
}

export const rejectPrelabel = (p: ReadingPrelabel): Op[] => [
  choosePrelabel(p.film, p.prelabel, 'reject'),
];
