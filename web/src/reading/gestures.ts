// What the pointer does on a film: drawing, moving, resizing, choosing, window, moving the film.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { between, bigEnough, boxesAt, type Handle, handleAt, resized, shifted } from './edit';
import type { Controls, Drag } from './key_table';
import { at, inverse, type Matrix, type Point } from './matrix';
import { moved, type Pose, type Size, zoomed } from './pose';
import type { Box, Corners } from './record';

const HANDLE = 9; // pixels of the screen around the middle of a handle
const STILL = 3; // pixels of the screen: less is no dragging

export interface GestureProps {
  controls: Controls;
  film: Size;
  frame: Size;
  pose: Pose;
  toFrame: Matrix;
  boxes: readonly Box[];
  chosen: Box | null;
  /** False: the film can be looked at only. */
  canDraw: () => boolean;
  onPose: (pose: Pose) => void;
  onChoose: (box: string | null) => void;
  onDraw: (corners: Corners) => void;
  onTooSmall: () => void;
  onChange: (box: Box, corners: Corners) => void;
  /** Dragging the window, by pixels of the screen. */
  onWindow: (dx: number, dy: number, begin: boolean) => void;
  onActive: () => void;
  /** The place under the cursor, in pixels of the film and of the frame. */
  onHover: (film: Point | null, frame: Point | null) => void;
}

type Gesture =
  | { kind: 'draw'; from: Point }
  | { kind: 'move'; box: Box; from: Point }
  | { kind: 'resize'; box: Box; from: Point; handle: Handle }
  | { kind: Drag };

interface Running {
  gesture: Gesture;
  pointer: number;
  start: Point;
  last: Point;
  moved: boolean;
}

let spaceIsDown = false;
addEventListener('keydown', (e) => {
  if (e.code === 'Space') spaceIsDown = true;
});
addEventListener('keyup', (e) => {
  if (e.code === 'Space') spaceIsDown = false;
});
addEventListener('blur', () => (spaceIsDown = false));

const placeIn = (e: PointerEvent | WheelEvent): Point => {
  const r = (e.currentTarget as HTMLElement).getBoundingClientRect();
  return { x: e.clientX - r.left, y: e.clientY - r.top };
};

/** Pixels of the screen that a wheel event means: it may count lines or pages. */
const wheelDistance = (e: WheelEvent): number =>
  e.deltaY * (e.deltaMode === 1 ? 33 : e.deltaMode === 2 ? 400 : 1);

function beginning(p: GestureProps, button: number, film: Point): Gesture | null {
  if (button === 0 && spaceIsDown) return { kind: 'pan' };
  if (button === 1) return { kind: p.controls.middle };
  if (button === 2) return { kind: p.controls.right };
  if (button !== 0) return null;
  const { chosen } = p;
  if (chosen && p.canDraw()) {
    const [x0, y0, x1, y1] = chosen.corners;
    // a third of a small box is left to move it
    const reach = Math.min(HANDLE / p.pose.scale, (x1 - x0) / 3, (y1 - y0) / 3);
    const handle = handleAt(chosen.corners, film, reach);
    if (handle) return { kind: 'resize', box: chosen, from: film, handle };
    if (boxesAt([chosen], film, 0).length > 0) return { kind: 'move', box: chosen, from: film };
  }
  return { kind: 'draw', from: film };
}

export interface Draft {
  /** Of a new box. */
  drawn: Corners | null;
  /** Of the chosen one. */
  changed: Corners | null;
}

const noDraft: Draft = { drawn: null, changed: null };

export function useGestures(element: { current: HTMLElement | null }, props: GestureProps) {
  const latest = useRef(props);
  latest.current = props;
  const running = useRef<Running | null>(null);
  const [draft, setDraft] = useState<Draft>(noDraft);

  const toFilm = (p: Point): Point => at(inverse(latest.current.toFrame), p);

  // before the film is painted, so that no turn of the wheel is lost
  useLayoutEffect(() => {
    const target = element.current;
    const wheel = (e: WheelEvent): void => {
      e.preventDefault();
      const { pose, film, frame, onPose } = latest.current;
      onPose(zoomed(pose, film, frame, Math.exp(-wheelDistance(e) * 0.0015), placeIn(e)));
    };
    // a listener of Preact could not stop the page from scrolling
    target?.addEventListener('wheel', wheel, { passive: false });
    return () => target?.removeEventListener('wheel', wheel);
  }, [element]);

  const cornersOf = (g: Gesture, now: Point): Corners | null => {
    const { film } = latest.current;
    const by = 'from' in g ? { x: now.x - g.from.x, y: now.y - g.from.y } : { x: 0, y: 0 };
    if (g.kind === 'draw') return between(g.from, now, film);
    if (g.kind === 'move') return shifted(g.box.corners, by, film);
    if (g.kind === 'resize') return resized(g.box.corners, g.handle, by, film);
    return null;
  };

  const step = (r: Running, p: Point): void => {
    const { gesture: g } = r;
    const { pose, film, onPose, onWindow, canDraw } = latest.current;
    if (g.kind === 'pan') onPose(moved(pose, film, p.x - r.last.x, p.y - r.last.y));
    else if (g.kind === 'zoom') {
      const factor = Math.exp((r.last.y - p.y) * 0.01); // up: closer
      onPose(zoomed(pose, film, latest.current.frame, factor, r.start));
    }
    else if (g.kind === 'window') onWindow(p.x - r.start.x, p.y - r.start.y, false);
    else if (canDraw()) {
      const corners = cornersOf(g, toFilm(p));
      setDraft({ ...noDraft, [g.kind === 'draw' ? 'drawn' : 'changed']: corners });
    }
    r.last = p;
  };

  const choose = (p: Point): void => {
    const { boxes, chosen, onChoose, pose } = latest.current;
    const found = boxesAt(boxes, toFilm(p), STILL / pose.scale);
    const i = found.findIndex((b) => b.box === chosen?.box);
    onChoose(found[(i + 1) % Math.max(found.length, 1)]?.box ?? null);
  };

  const finish = (r: Running, p: Point): void => {
    const { gesture: g } = r;
    const { onDraw, onTooSmall, onChange, pose, canDraw } = latest.current;
    if (!('from' in g)) return;
    if (!r.moved) return choose(p);
    const corners = cornersOf(g, toFilm(p));
    if (!corners || !canDraw()) return;
    const big = bigEnough(corners, pose.scale);
    if (g.kind === 'draw') return big ? onDraw(corners) : onTooSmall();
    if (g.kind === 'move' || big) onChange(g.box, corners);
    else onTooSmall();
  };

  const end = (): void => {
    running.current = null;
    setDraft(noDraft);
  };

  const onPointerDown = (e: PointerEvent): void => {
    if (running.current) return;
    const p = placeIn(e);
    latest.current.onActive();
    const gesture = beginning(latest.current, e.button, toFilm(p));
    if (!gesture) return;
    element.current?.setPointerCapture(e.pointerId);
    element.current?.focus();
    e.preventDefault();
    running.current = { gesture, pointer: e.pointerId, start: p, last: p, moved: false };
    if (gesture.kind === 'window') latest.current.onWindow(0, 0, true);
  };
  const onPointerMove = (e: PointerEvent): void => {
    const p = placeIn(e);
    latest.current.onHover(toFilm(p), p);
    const r = running.current;
    if (!r || r.pointer !== e.pointerId) return;
    const far = Math.max(Math.abs(p.x - r.start.x), Math.abs(p.y - r.start.y)) >= STILL;
    r.moved ||= far;
    if (r.moved) step(r, p);
  };
  const onPointerUp = (e: PointerEvent): void => {
    const r = running.current;
    if (!r || r.pointer !== e.pointerId) return;
    end();
    finish(r, placeIn(e));
  };

  const handlers = {
    onPointerDown,
    onPointerMove,
    onPointerUp,
    onPointerCancel: end,
    onLostPointerCapture: end,
    onPointerLeave: () => latest.current.onHover(null, null),
    onContextMenu: (e: Event) => e.preventDefault(),
  };
  return { draft, handlers, cancel: end };
}
