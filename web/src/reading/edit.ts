// What a gesture does to a box. Corners are in pixels of the film: pixel 0 covers 0 to 1.
import type { Point } from './matrix';
import type { Size } from './pose';
import type { Box, Corners } from './record';

/** Which edges a handle moves: -1 the first, 1 the second, 0 none. */
export interface Handle {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

export const handles: readonly Handle[] = [
  { x: -1, y: -1 },
  { x: 0, y: -1 },
  { x: 1, y: -1 },
  { x: 1, y: 0 },
  { x: 1, y: 1 },
  { x: 0, y: 1 },
  { x: -1, y: 1 },
  { x: -1, y: 0 },
];

export const LEAST_ON_SCREEN = 4; // pixels of the screen; a smaller box is an accident

export const LEAST_SIDE = 0.1; // pixels of the film; the service refuses a smaller box

const clamp = (v: number, most: number): number => Math.min(Math.max(v, 0), most);

export const between = (p: Point, q: Point, film: Size): Corners => [
  clamp(Math.min(p.x, q.x), film.width),
  clamp(Math.min(p.y, q.y), film.height),
  clamp(Math.max(p.x, q.x), film.width),
  clamp(Math.max(p.y, q.y), film.height),
];

export const bigEnough = ([x0, y0, x1, y1]: Corners, scale: number): boolean =>
  (x1 - x0) * scale >= LEAST_ON_SCREEN && (y1 - y0) * scale >= LEAST_ON_SCREEN;

/** Whether the service takes it: the arrows can make a box as small as they like. */
export const hasSides = ([x0, y0, x1, y1]: Corners): boolean =>
  x1 - x0 >= LEAST_SIDE && y1 - y0 >= LEAST_SIDE;

/** Where a handle is. */
export const placeOf = ([x0, y0, x1, y1]: Corners, h: Handle): Point => ({
  x: h.x < 0 ? x0 : h.x > 0 ? x1 : (x0 + x1) / 2,
  y: h.y < 0 ? y0 : h.y > 0 ? y1 : (y0 + y1) / 2,
});

const ordered = (a: number, b: number): [number, number] => (a <= b ? [a, b] : [b, a]);

/** Moves the edges of a handle by a distance; the others keep their numbers. */
export function resized(c: Corners, h: Handle, by: Point, film: Size): Corners {
  const [x0, y0, x1, y1] = c;
  const [left, right] = ordered(
    h.x < 0 ? clamp(x0 + by.x, film.width) : x0,
    h.x > 0 ? clamp(x1 + by.x, film.width) : x1,
  );
  const [top, bottom] = ordered(
    h.y < 0 ? clamp(y0 + by.y, film.height) : y0,
    h.y > 0 ? clamp(y1 + by.y, film.height) : y1,
  );
  return [left, top, right, bottom];
}

/** Moves a box by a distance, as far as the film goes. */
export function shifted(c: Corners, by: Point, film: Size): Corners {
  const [x0, y0, x1, y1] = c;
  const dx = Math.min(Math.max(by.x, -x0), film.width - x1);
  const dy = Math.min(Math.max(by.y, -y0), film.height - y1);
  return [x0 + dx, y0 + dy, x1 + dx, y1 + dy];
}

const area = ([x0, y0, x1, y1]: Corners): number => (x1 - x0) * (y1 - y0);

/** The boxes at a point, the smallest first; `reach`: pixels of the film around it. */
export function boxesAt(boxes: readonly Box[], p: Point, reach: number): Box[] {
  const inside = ({ corners: [x0, y0, x1, y1] }: Box): boolean =>
    p.x >= x0 - reach && p.x <= x1 + reach && p.y >= y0 - reach && p.y <= y1 + reach;
  return boxes.filter(inside).sort((a, b) => area(a.corners) - area(b.corners));
}

/** The handle at a point. */
export function handleAt(c: Corners, p: Point, reach: number): Handle | null {
  let best: Handle | null = null;
  let least = reach;
  for (const h of handles) {
    const at = placeOf(c, h);
    const distance = Math.max(Math.abs(at.x - p.x), Math.abs(at.y - p.y));
    if (distance < least || (distance === least && !best)) {
      best = h;
      least = distance;
    }
  }
  return best;
}
