// A film in its frame: picture, boxes, markers of its sides.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FilmPixels, ReadingLabel } from '../api_types';
import { texts } from '../texts';
import { boxSize } from './box_size';
import { FilmPicture, Magnifier } from './film_picture';
import { useDeviceRatio, useFrameSize } from './frame_size';
import { type GestureProps, useGestures } from './gestures';
import {
  type Choice,
  draggedWindow,
  type GreyWindow,
  greyTable,
  startWindow,
  valueOf,
} from './grey';
import type { Controls } from './key_table';
import type { Matrix, Point } from './matrix';
import { Boxes, type Mark } from './overlay';
import type { PixelLevel } from './pixel_level';
import { filmToFrame, fitted, onDevicePixels, type Pose, type Size } from './pose';
import type { Box, Corners } from './record';
import { sidesOf } from './sides';

const t = texts.reading;

/** How a film is shown. */
export interface Look {
  /** null: the whole film. */
  pose: Pose | null;
  choice: Choice;
  inverted: boolean;
}

export const plainLook: Look = { pose: null, choice: null, inverted: false };

/** The whole film, turned as it is, unless the reader has zoomed or moved it. */
export const poseOf = (look: Look, film: Size, frame: Size): Pose =>
  look.pose && !look.pose.whole ? look.pose : fitted(film, frame, look.pose?.orientation);

/** What the line at the bottom says of the place under the cursor. */
export interface Hover {
  film: number;
  x: number;
  y: number;
  value: number | null;
}

export interface FrameProps {
  controls: Controls;
  film: { film: number; width: number; height: number };
  title: string;
  description: FilmPixels;
  levels: readonly PixelLevel[];
  look: Look;
  active: boolean;
  magnifier: boolean;
  hidden: boolean;
  boxes: readonly Box[];
  marks: readonly Mark[];
  labels: ReadonlyMap<number, ReadingLabel>;
  label: number;
  chosen: string | null;
  canDraw: () => boolean;
  onLook: (look: Look) => void;
  onChoose: (box: string | null) => void;
  onDraw: (corners: Corners) => void;
  onTooSmall: () => void;
  onChange: (box: Box, corners: Corners) => void;
  onActive: () => void;
  onHover: (hover: Hover | null) => void;
  /** Gives the size of the frame, for keys and the line at the bottom. */
  onFrame: (frame: Size) => void;
}

/** The value of a pixel; null: it is not loaded, or padding. */
function valueAt(d: FilmPixels, levels: readonly PixelLevel[], p: Point): number | null {
  const full = levels.find((l) => l.level === 1);
  const [x, y] = [Math.floor(p.x), Math.floor(p.y)];
  if (!full || x < 0 || y < 0 || x >= full.width || y >= full.height) return null;
  const s = full.samples[y * full.width + x] as number;
  return s === full.padding ? null : valueOf(d, s);
}

const asBox = (m: Mark, film: number): Box => ({
  ...{ box: m.id, film, label: m.label, corners: m.corners, attributes: [] },
  ...{ source: 'prelabel', source_id: null },
});

export const isMirrored = (m: Matrix): boolean => m[0] * m[3] - m[1] * m[2] < 0;

const edges = ['left', 'right', 'top', 'bottom'] as const;

/** The patient's sides, over the film. */
function SideMarkers({ film: d, toFrame }: { film: FilmPixels; toFrame: Matrix }) {
  const sides = sidesOf(d.orientation, toFrame);
  if (!sides) return null;
  return (
    <>
      {edges.map((edge) => (
        <span key={edge} class={`side at-${edge}`} title={t.sides(sides[edge])}>
          {sides[edge]}
        </span>
      ))}
    </>
  );
}

export function FilmFrame(props: FrameProps) {
  const { film, description: d, levels, look, boxes, marks, hidden } = props;
  const element = useRef<HTMLDivElement>(null);
  const frame = useFrameSize(element);
  const ratio = useDeviceRatio();
  const [kind, setKind] = useState('');
  const [cursor, setCursor] = useState<Point | null>(null);
  const dragged = useRef<GreyWindow | null>(null);
  const pose = poseOf(look, film, frame);
  const toFrame = onDevicePixels(filmToFrame(pose, frame), ratio);
  const greys = useMemo(() => greyTable(d, look.choice, look.inverted), [
    d, look.choice, look.inverted,
  ]);
  useLayoutEffect(() => props.onFrame(frame), [frame]);

  const onWindow = (dx: number, dy: number, begin: boolean): void => {
    if (begin) dragged.current = startWindow(d, look.choice);
    else if (dragged.current)
      props.onLook({ ...look, choice: draggedWindow(d, dragged.current, dx, dy) });
  };
  const gestures: GestureProps = {
    controls: props.controls,
    film,
    frame,
    pose,
    toFrame,
    boxes: hidden ? [] : [...boxes, ...marks.map((m) => asBox(m, film.film))],
    chosen: hidden ? null : boxes.find((b) => b.box === props.chosen) ?? null,
    canDraw: props.canDraw,
    onPose: (next) => props.onLook({ ...look, pose: next }),
    onChoose: props.onChoose,
    onDraw: props.onDraw,
    onTooSmall: props.onTooSmall,
    onChange: props.onChange,
    onWindow,
    onActive: props.onActive,
    onHover: (p, at) => {
      setCursor(at);
      props.onHover(p && { film: film.film, x: p.x, y: p.y, value: valueAt(d, levels, p) });
    },
  };
  const { draft, handlers, cancel } = useGestures(element, gestures);
  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.key === 'Escape') cancel();
  };
  const drawn = draft.drawn && {
    corners: draft.drawn,
    label: props.label,
    size: boxSize(draft.drawn, d.spacing),
  };
  const full = levels.some((l) => l.level === 1);
  return (
    <figure class={`reading-film ${props.active ? 'active' : ''}`} data-film={film.film}>
      <figcaption>
        <strong>{props.title}</strong>
        {isMirrored(toFrame) && <span class="badge warn">{t.mirrored}</span>}
        {!full && (
          <span class="muted" data-preview>
            {t.preview}
          </span>
        )}
        {kind === 'canvas' && <span class="muted">{t.noWebgl}</span>}
      </figcaption>
      <div class="reading-frame" ref={element} tabIndex={0} role="application"
        aria-label={t.filmLabel(props.title)} data-painter={kind} data-matrix={toFrame.join(' ')}
        onKeyDown={onKeyDown} {...handlers}>
        <FilmPicture levels={levels} greys={greys} toFrame={toFrame} frame={frame} ratio={ratio}
          onKind={setKind} />
        <svg width={frame.width} height={frame.height} aria-hidden="true">
          {!hidden && (
            <Boxes boxes={boxes} marks={marks} labels={props.labels} toFrame={toFrame}
              chosen={props.chosen} changed={draft.changed} draft={drawn} />
          )}
        </svg>
        <SideMarkers film={d} toFrame={toFrame} />
        {props.magnifier && props.active && cursor && (
          <Magnifier levels={levels} greys={greys} toFrame={toFrame} ratio={ratio} {...cursor} />
        )}
      </div>
    </figure>
  );
}
