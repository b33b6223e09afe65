// Draws a film on the graphics processor. null where there is none, or where a film is too large
// for it: film_canvas.ts is then used.
import { filmDevice } from './film_device';
import type { Matrix } from './matrix';
import type { PixelLevel } from './pixel_level';

/** Draws a level into a canvas. `toFilm`: pixels of the canvas to pixels of the film. */
export interface FilmPainter {
  readonly kind: 'webgl' | 'canvas';
  paint: (level: PixelLevel, toFilm: Matrix, greys: Uint8Array) => void;
  /** False: it cannot draw this level. */
  takes: (level: PixelLevel) => boolean;
  dispose: () => void;
}

/** `onLost`: the graphics processor was taken away, and the painter draws no more. */
export function glPainter(canvas: HTMLCanvasElement, onLost: () => void): FilmPainter | null {
  const device = filmDevice();
  if (!device?.works) return null;
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) return null;
  device.lost.add(onLost);
  return {
    kind: 'webgl',
    takes: (level) => device.takes(level),
    paint: (level, toFilm, greys) => device.paint(context, level, toFilm, greys),
    dispose: () => void device.lost.delete(onLost),
  };
}
