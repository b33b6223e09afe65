// The canvas on which a film is drawn.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { canvasPainter } from './film_canvas';
import { type FilmPainter, glPainter } from './film_gl';
import { inverse, type Matrix, scaled } from './matrix';
import type { PixelLevel } from './pixel_level';
import type { Size } from './pose';
import { bestLevel } from './resample';

interface PictureProps {
  levels: readonly PixelLevel[];
  greys: Uint8Array;
  /** Pixels of the film to pixels of the frame. */
  toFrame: Matrix;
  frame: Size;
  ratio: number;
  onKind?: (kind: FilmPainter['kind']) => void;
}

/** Painting with the graphics processor until it fails once. */
export function FilmPicture(props: PictureProps) {
  const [plain, setPlain] = useState(false);
  return <Canvas key={plain ? 'canvas' : 'webgl'} {...props} plain={plain}
    onFail={() => setPlain(true)} />;
}

function Canvas(props: PictureProps & { plain: boolean; onFail: () => void }) {
  const { levels, greys, toFrame, frame, ratio, plain, onFail, onKind } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<FilmPainter | null>(null);
  const width = Math.round(frame.width * ratio);
  const height = Math.round(frame.height * ratio);

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    painter.current = plain ? canvasPainter(element) : glPainter(element, onFail);
    if (!painter.current) onFail();
    else onKind?.(painter.current.kind);
    return () => {
      painter.current?.dispose();
      painter.current = null;
    };
  }, [plain]);

  // with the boxes, which are part of the document, and not later
  useLayoutEffect(() => {
    const p = painter.current;
    const toFilm = inverse(scaled(toFrame, ratio));
    const level = bestLevel(toFilm, levels);
    if (!p || !level || width === 0 || height === 0) return;
    if (!p.takes(level)) return onFail();
    p.paint(level, toFilm, greys);
    canvas.current?.setAttribute('data-level', String(level.level));
  }, [levels, greys, width, height, ratio, plain, ...toFrame]);

  return (
    <canvas ref={canvas} class="film-canvas" width={width} height={height}
      style={{ width: `${frame.width}px`, height: `${frame.height}px` }} aria-hidden="true" />
  );
}

/** A round glass that shows the place under the cursor, three times as large. */
export function Magnifier(props: {
  levels: readonly PixelLevel[];
  greys: Uint8Array;
  toFrame: Matrix;
  x: number;
  y: number;
  ratio: number;
}) {
  const { levels, greys, toFrame, x, y, ratio } = props;
  const size = 240;
  const [a, b, c, d, e, f] = scaled(toFrame, 3);
  const moved: Matrix = [a, b, c, d, e - 3 * x + size / 2, f - 3 * y + size / 2];
  return (
    <div class="magnifier" style={{ left: `${x - size / 2}px`, top: `${y - size / 2}px` }}>
      <FilmPicture levels={levels} greys={greys} toFrame={moved} ratio={ratio}
        frame={{ width: size, height: size }} />
    </div>
  );
}
