// Field by field: what this page and another one have made of the same thing. `was`: as both found
// it, `has`: as it is saved now, `wants`: as this page leaves it. A field that only one of them
// changed has that change. Where both changed it to different values, the saved one is kept, and
// the reader is told (differencesOf). In lists, as of tags, each entry is a field of its own.
import {
  type Box,
  filmOf,
  type Reading,
  sameBox,
  sameCorners,
  sameEntries,
  type StudyRecord,
} from './record';

/** What is saved, with the entries that this page added, without those that it removed. */
export function mergedList<T>(was: readonly T[], has: readonly T[], wants: readonly T[]): T[] {
  const kept = has.filter((x) => wants.includes(x) || !was.includes(x));
  const added = wants.filter((x) => !was.includes(x) && !has.includes(x));
  return [...kept, ...added];
}

/** A confidence that another page withdrew gives way to one that this page gave. */
function mergedConfidence(was: StudyRecord, has: StudyRecord, wants: StudyRecord): number | null {
  const isOwn = wants.confidence !== was.confidence;
  const isFree = has.confidence === was.confidence || has.confidence === null;
  return isOwn && isFree ? wants.confidence : has.confidence;
}

export const mergedStudy = (
  was: StudyRecord,
  has: StudyRecord,
  wants: StudyRecord,
): StudyRecord => ({
  tags: mergedList(was.tags, has.tags, wants.tags),
  confidence: mergedConfidence(was, has, wants),
});

type Finding = Pick<Box, 'label' | 'attributes'>;

/** Attributes belong to their class: where one page changed the class, the other one's change of
 * either is a change of the same field. */
function mergedFinding(was: Box, has: Box, wants: Box): Finding {
  const { label } = has;
  if (label === wants.label) {
    const known = label === was.label ? was.attributes : [];
    return { label, attributes: mergedList(known, has.attributes, wants.attributes) };
  }
  const isFree = label === was.label && sameEntries(has.attributes, was.attributes);
  return isFree ? wants : has;
}

export function mergedBox(was: Box, has: Box, wants: Box): Box {
  const { label, attributes } = mergedFinding(was, has, wants);
  const corners = sameCorners(has.corners, was.corners) ? wants.corners : has.corners;
  return { ...has, label, attributes, corners };
}

// ---- what the reader must be told ----

/** What this page changed in a box, and what is not kept. */
export interface LostChanges {
  label: boolean;
  corners: boolean;
  attributes: readonly string[];
}

const nothingLost: LostChanges = { label: false, corners: false, attributes: [] };

const isLost = ({ label, corners, attributes }: LostChanges): boolean =>
  label || corners || attributes.length > 0;

/** `here`: what this page had, and what is not saved. */
export type Difference =
  | { kind: 'confidence'; saved: number | null; here: number | null }
  | { kind: 'reason'; film: number; saved: string; here: string }
  | { kind: 'box'; film: number; saved: Box; here: Box; lost: LostChanges };

/** Attributes whose change by this page is not kept, added ones and removed ones. */
function lostAttributes(was: Box, saved: Box, wants: Box): string[] {
  const known = was.label === wants.label ? was.attributes : [];
  const added = wants.attributes.filter((a) => !known.includes(a) && !saved.attributes.includes(a));
  const removed = known.filter((a) => !wants.attributes.includes(a));
  return [...added, ...(saved.label === wants.label ? removed : [])].filter(
    (a) => saved.attributes.includes(a) !== wants.attributes.includes(a),
  );
}

function boxDifference(was: Box, saved: Box, here: Box): Difference | null {
  if (sameBox(here, was)) return null;
  const lost = {
    label: here.label !== was.label && saved.label !== here.label,
    corners: !sameCorners(here.corners, was.corners) && !sameCorners(here.corners, saved.corners),
    attributes: lostAttributes(was, saved, here),
  };
  return isLost(lost) ? { kind: 'box', film: here.film, saved, here, lost } : null;
}

function reasonDifferences(before: Reading, saved: Reading, own: Reading): Difference[] {
  const out: Difference[] = [];
  for (const film of own.films.keys()) {
    const was = filmOf(before, film);
    const has = filmOf(saved, film);
    const here = filmOf(own, film);
    if (has.verdict !== 'rejected' || here.verdict !== 'rejected') continue;
    const isOwn = was.verdict !== 'rejected' || was.reason !== here.reason;
    if (isOwn && has.reason !== here.reason)
      out.push({ kind: 'reason', film, saved: has.reason, here: here.reason });
  }
  return out;
}

/** What this page changed from `before` to `own` and is not `saved`, since another page has changed
 * the same field. Verdicts that differ are not among them: of those the reader is asked. */
export function differencesOf(before: Reading, saved: Reading, own: Reading): Difference[] {
  const out = reasonDifferences(before, saved, own);
  const here = own.study.confidence;
  if (here !== before.study.confidence && here !== saved.study.confidence)
    out.push({ kind: 'confidence', saved: saved.study.confidence, here });
  for (const box of own.boxes.values()) {
    const [was, has] = [before, saved].map((r) => r.boxes.get(box.box));
    const difference = was && has ? boxDifference(was, has, box) : null;
    if (difference) out.push(difference);
  }
  return out;
}

/** Attributes belong to their class: with another one, none of them is left. */
function lostIn(box: Box, { saved, lost }: Difference & { kind: 'box' }): LostChanges {
  const isAsSaved = (a: string): boolean =>
    box.label === saved.label && box.attributes.includes(a) === saved.attributes.includes(a);
  return {
    label: lost.label && box.label === saved.label,
    corners: lost.corners && sameCorners(box.corners, saved.corners),
    attributes: lost.attributes.filter(isAsSaved),
  };
}

/** What is left of a difference: the fields that still are as they were saved. null: the reader has
 * changed all of them since. */
export function leftOf(d: Difference, now: Reading): Difference | null {
  switch (d.kind) {
    case 'confidence':
      return now.study.confidence === d.saved ? d : null;
    case 'reason': {
      const { verdict, reason } = filmOf(now, d.film);
      return verdict === 'rejected' && reason === d.saved ? d : null;
    }
    case 'box': {
      const box = now.boxes.get(d.here.box);
      const lost = box ? lostIn(box, d) : nothingLost;
      return isLost(lost) ? { ...d, lost } : null;
    }
  }
}
