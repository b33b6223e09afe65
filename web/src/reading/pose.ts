// How a film lies in its frame: turned, mirrored, zoomed and moved. This is a matter of the view
// alone; boxes stay in pixels of the film.
import { at, inverse, type Matrix, type Point } from './matrix';

export interface Size {
  width: number;
  height: number;
}

/** Whole numbers: the film's x axis is (a, b) on the screen, its y axis (c, d). */
export type Orientation = readonly [number, number, number, number];

export interface Pose {
  orientation: Orientation;
  /** Pixels of the screen (CSS) for a pixel of the film. */
  scale: number;
  /** The point of the film in the middle of the frame. */
  middle: Point;
  /** The whole film is shown, also when the frame changes its size. */
  whole: boolean;
}

export const UPRIGHT: Orientation = [1, 0, 0, 1];
const LARGEST = 32; // pixels of the screen for a pixel of the film
const SMALLEST = 0.02;

const turned = ([a, b, c, d]: Orientation): boolean => a === 0 && d === 0 && b !== 0 && c !== 0;

export function fitScale(film: Size, frame: Size, orientation: Orientation): number {
  const [w, h] = turned(orientation) ? [film.height, film.width] : [film.width, film.height];
  return Math.max(Math.min(frame.width / w, frame.height / h), 1e-6);
}

export const fitted = (film: Size, frame: Size, orientation = UPRIGHT): Pose => ({
  orientation,
  scale: fitScale(film, frame, orientation),
  middle: { x: film.width / 2, y: film.height / 2 },
  whole: true,
});

/** Pixels of the film to pixels of the frame (CSS). */
export function filmToFrame({ orientation, scale, middle }: Pose, frame: Size): Matrix {
  const [a, b, c, d] = orientation.map((v) => v * scale) as [number, number, number, number];
  return [
    a,
    b,
    c,
    d,
    frame.width / 2 - a * middle.x - c * middle.y,
    frame.height / 2 - b * middle.x - d * middle.y,
  ];
}

/** At whole numbers of pixels of the device for one of the film, the edges of pixels meet. */
export function onDevicePixels(m: Matrix, ratio: number): Matrix {
  const [a, b, c, d, e, f] = m;
  const size = Math.hypot(a, b) * ratio;
  if (Math.round(size) < 1 || Math.abs(size - Math.round(size)) > 1e-6) return m;
  const snap = (v: number): number => Math.round(v * ratio) / ratio;
  return [a, b, c, d, snap(e), snap(f)];
}

const between = (v: number, least: number, most: number): number =>
  Math.min(Math.max(v, least), most);

/** Keeps a part of the film in the frame. */
function bounded(pose: Pose, film: Size): Pose {
  const middle = {
    x: between(pose.middle.x, 0, film.width),
    y: between(pose.middle.y, 0, film.height),
  };
  return { ...pose, middle };
}

/** `p`, in pixels of the frame, keeps showing the same point of the film. */
export function zoomed(pose: Pose, film: Size, frame: Size, factor: number, p: Point): Pose {
  const scale = between(pose.scale * factor, SMALLEST, LARGEST);
  const shown = at(inverse(filmToFrame(pose, frame)), p);
  const next = { ...pose, scale, whole: false };
  const now = at(inverse(filmToFrame(next, frame)), p);
  const middle = {
    x: pose.middle.x + shown.x - now.x,
    y: pose.middle.y + shown.y - now.y,
  };
  return bounded({ ...next, middle }, film);
}

/** Moves the film by pixels of the frame. */
export function moved(pose: Pose, film: Size, dx: number, dy: number): Pose {
  const [a, b, c, d] = pose.orientation;
  const det = a * d - b * c;
  const x = pose.middle.x - (d * dx - c * dy) / det / pose.scale;
  const y = pose.middle.y - (a * dy - b * dx) / det / pose.scale;
  return bounded({ ...pose, middle: { x, y }, whole: false }, film);
}

/** First the orientation as it is, then another change of the screen. */
const then = ([a, b, c, d]: Orientation, [p, q, r, s]: Orientation): Orientation => [
  p * a + r * b,
  q * a + s * b,
  p * c + r * d,
  q * c + s * d,
];

const changes = {
  right: [0, 1, -1, 0],
  left: [0, -1, 1, 0],
  acrossMirror: [-1, 0, 0, 1],
  downMirror: [1, 0, 0, -1],
} as const;
export type Turn = keyof typeof changes;

/** Turns or mirrors what the frame shows, about its middle. */
export function turnedBy(pose: Pose, turn: Turn, film: Size, frame: Size): Pose {
  const orientation = then(pose.orientation, changes[turn]).map((v) => v + 0);
  const next = { ...pose, orientation: orientation as unknown as Orientation };
  return pose.whole ? fitted(film, frame, next.orientation) : next;
}

/** The eight orientations. */
export function orientations(): Orientation[] {
  const all: Orientation[] = [];
  for (const first of [UPRIGHT, changes.acrossMirror] as Orientation[]) {
    let o = first;
    for (let i = 0; i < 4; i++) {
      all.push(o);
      o = then(o, changes.right).map((v) => v + 0) as unknown as Orientation;
    }
  }
  return all;
}
