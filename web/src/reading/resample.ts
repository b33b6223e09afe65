// The samples at the pixels of a canvas: the Canvas way of drawing. film_shader.ts computes the
// same on the graphics processor; change both.
//
// Enlarged, a pixel is interpolated between the four nearest samples. Reduced, it is the mean of
// taps x taps samples. Padding is left out of both; a pixel whose nearest sample is padding is
// padding. Outside of the film is -1.
import type { Matrix } from './matrix';
import type { PixelLevel } from './pixel_level';

export const OUTSIDE = -1;
export const MOST_TAPS = 4;

/** Pixels of the level in one of the canvas. `toFilm`: pixels of the canvas to the film. */
export const reduction = (toFilm: Matrix, level: number): number =>
  Math.hypot(toFilm[0], toFilm[1]) / level;

export const tapsFor = (reduced: number): number =>
  reduced <= 1 ? 1 : Math.min(Math.ceil(reduced - 1e-4), MOST_TAPS);

/** The level to draw from: the coarsest that is not enlarged. */
export function bestLevel(toFilm: Matrix, levels: readonly PixelLevel[]): PixelLevel | undefined {
  const sorted = [...levels].sort((p, q) => q.level - p.level);
  return sorted.find((p) => reduction(toFilm, p.level) >= 0.999) ?? sorted[sorted.length - 1];
}

const clamp = (v: number, most: number): number => (v < 0 ? 0 : v > most ? most : v);

function interpolated(p: PixelLevel, u: number, v: number): number {
  const nearest = p.samples[
    clamp(Math.floor(v), p.height - 1) * p.width + clamp(Math.floor(u), p.width - 1)
  ] as number;
  if (nearest === p.padding) return nearest;
  const x = Math.floor(u - 0.5);
  const y = Math.floor(v - 0.5);
  const fx = u - 0.5 - x;
  const fy = v - 0.5 - y;
  let sum = 0;
  let weight = 0;
  for (let k = 0; k < 4; k++) {
    const sx = clamp(x + (k & 1), p.width - 1);
    const sy = clamp(y + (k >> 1), p.height - 1);
    const s = p.samples[sy * p.width + sx] as number;
    const w = (k & 1 ? fx : 1 - fx) * (k >> 1 ? fy : 1 - fy);
    if (s === p.padding) continue;
    sum += w * s;
    weight += w;
  }
  return weight > 0 ? Math.floor(sum / weight + 0.5) : nearest;
}

interface Steps {
  /** Of a pixel of the canvas, in samples. */
  xx: number;
  xy: number;
  yx: number;
  yy: number;
}

function mean(p: PixelLevel, u: number, v: number, steps: Steps, taps: number): number {
  let sum = 0;
  let count = 0;
  for (let j = 0; j < taps; j++)
    for (let i = 0; i < taps; i++) {
      const a = (i + 0.5) / taps - 0.5;
      const b = (j + 0.5) / taps - 0.5;
      const x = Math.floor(u + a * steps.xx + b * steps.yx);
      const y = Math.floor(v + a * steps.xy + b * steps.yy);
      const s = p.samples[clamp(y, p.height - 1) * p.width + clamp(x, p.width - 1)] as number;
      if (s === p.padding) continue;
      sum += s;
      count++;
    }
  return count > 0 ? Math.floor(sum / count + 0.5) : p.padding;
}

/** A sample for each pixel of the canvas, or OUTSIDE. */
export function resample(p: PixelLevel, toFilm: Matrix, width: number, height: number): Int32Array {
  const out = new Int32Array(width * height).fill(OUTSIDE);
  const [a, b, c, d, e, f] = toFilm;
  const steps = { xx: a / p.level, xy: b / p.level, yx: c / p.level, yy: d / p.level };
  const taps = tapsFor(reduction(toFilm, p.level));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const fx = a * (x + 0.5) + c * (y + 0.5) + e;
      const fy = b * (x + 0.5) + d * (y + 0.5) + f;
      if (fx < 0 || fy < 0 || fx >= p.film.width || fy >= p.film.height) continue;
      const u = fx / p.level;
      const v = fy / p.level;
      out[y * width + x] = taps > 1 ? mean(p, u, v, steps, taps) : interpolated(p, u, v);
    }
  return out;
}
