// Places of the labels of boxes, so that they do not cover each other where there is room.
import type { Finding } from './api_types';
import type { View } from './view';

const WIDTH = 7; // of a character, about
const HEIGHT = 15;
const GAP = 4;

export interface Place {
  x: number;
  /** Of the line on which the text stands. */
  y: number;
}

const length = (finding: Finding): number => (finding.name.length + 5) * WIDTH;

/** Where a label may stand, best first: above, below, above to the left, below to the left. */
function choices(finding: Finding, view: View): Place[] {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = finding.box;
  const left = view.left + x0 * view.scale;
  const right = view.left + x1 * view.scale - length(finding);
  const above = Math.max(view.top + y0 * view.scale - GAP, HEIGHT - 1);
  const below = view.top + y1 * view.scale + HEIGHT - 1;
  return [
    { x: left, y: above },
    { x: left, y: below },
    { x: right, y: above },
    { x: right, y: below },
    { x: left, y: above - HEIGHT },
    { x: left, y: below + HEIGHT },
  ].filter((place) => place.y >= HEIGHT - 1);
}

const meet = (a: Place, aLength: number, b: Place, bLength: number): boolean =>
  a.x < b.x + bLength && b.x < a.x + aLength && Math.abs(a.y - b.y) < HEIGHT;

/** The places of the labels, in the order of the findings. */
export function labelPlaces(findings: Finding[], view: View): Place[] {
  const taken: { place: Place; size: number }[] = [];
  return findings.map((finding) => {
    const size = length(finding);
    const all = choices(finding, view);
    const free = all.find((p) => !taken.some((t) => meet(p, size, t.place, t.size)));
    const place = free ?? all[0] ?? { x: 0, y: HEIGHT };
    taken.push({ place, size });
    return place;
  });
}
