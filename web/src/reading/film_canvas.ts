// Draws a film without a graphics processor, with the same numbers as film_gl.ts.
import type { FilmPainter } from './film_gl';
import type { Matrix } from './matrix';
import type { PixelLevel } from './pixel_level';
import { resample } from './resample';

/** Fills a canvas with the grey values of samples, one for each of its pixels. A sample below 0 is
 * outside of the film, and black. */
export function putSamples(
  context: CanvasRenderingContext2D,
  samples: ArrayLike<number>,
  greys: Uint8Array,
): void {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) {
    const s = samples[i] as number;
    const grey = s < 0 ? 0 : (greys[s] as number);
    pixels[i] = 0xff000000 | (grey * 0x10101);
  }
  context.putImageData(image, 0, 0);
}

class CanvasPainter implements FilmPainter {
  readonly kind = 'canvas';
  // the samples of the last view, so that a change of the window alone is quick
  private key = '';
  private last: PixelLevel | null = null;
  private samples: Int32Array = new Int32Array(0);

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly context: CanvasRenderingContext2D,
  ) {}

  takes(): boolean {
    return true;
  }

  paint(level: PixelLevel, toFilm: Matrix, greys: Uint8Array): void {
    const { width, height } = this.canvas;
    if (width === 0 || height === 0) return;
    const key = [width, height, ...toFilm].join(' ');
    if (key !== this.key || level !== this.last) {
      this.samples = resample(level, toFilm, width, height);
      this.key = key;
      this.last = level;
    }
    putSamples(this.context, this.samples, greys);
  }

  dispose(): void {
    this.samples = new Int32Array(0);
  }
}

export function canvasPainter(canvas: HTMLCanvasElement): FilmPainter {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('this browser has no canvas');
  return new CanvasPainter(canvas, context);
}
