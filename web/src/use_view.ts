// Zooming and moving a film by wheel, pointer and keys.
import { useEffect, useRef, useState } from 'preact/hooks';

import { useFrameSize } from './reading/frame_size';
import type { Size, View } from './view';
import { fit, move, zoom } from './view';

const STEP = 1.25; // of a key or a button
const DISTANCE = 60; // of an arrow key, in pixels of the screen

type Element = { current: HTMLElement | null };

const arrows: Record<string, [number, number]> = {
  ArrowLeft: [DISTANCE, 0],
  ArrowRight: [-DISTANCE, 0],
  ArrowUp: [0, DISTANCE],
  ArrowDown: [0, -DISTANCE],
};

/** `film`: its size in pixels. */
export function useView(frame: Element, film: Size) {
  const screen = useFrameSize(frame);
  const [own, setOwn] = useState<View | null>(null); // null: the whole film
  const view = own ?? fit(film, screen);
  const latest = useRef({ view, screen, film });
  latest.current = { view, screen, film };
  const drag = useRef<{ x: number; y: number } | null>(null);

  const zoomBy = (factor: number): void => setOwn(zoom(view, film, screen, factor));
  const whole = (): void => setOwn(null);

  useEffect(() => {
    const element = frame.current;
    const wheel = (e: WheelEvent): void => {
      e.preventDefault();
      const { view: v, screen: s, film: f } = latest.current;
      const at = (e.currentTarget as HTMLElement).getBoundingClientRect();
      const factor = Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0015));
      setOwn(zoom(v, f, s, factor, e.clientX - at.left, e.clientY - at.top));
    };
    // a listener of Preact could not stop the page from scrolling
    element?.addEventListener('wheel', wheel, { passive: false });
    return () => element?.removeEventListener('wheel', wheel);
  }, [frame]);

  const onKeyDown = (e: KeyboardEvent): void => {
    const by = arrows[e.key];
    if (by) setOwn(move(view, film, screen, ...by));
    else if (e.key === '+' || e.key === '=') zoomBy(STEP);
    else if (e.key === '-') zoomBy(1 / STEP);
    else if (e.key === '0') whole();
    else return;
    e.preventDefault();
  };
  const onPointerDown = (e: PointerEvent): void => {
    if (e.button !== 0) return;
    frame.current?.setPointerCapture(e.pointerId);
    drag.current = { x: e.clientX, y: e.clientY };
  };
  const onPointerMove = (e: PointerEvent): void => {
    const from = drag.current;
    if (!from) return;
    drag.current = { x: e.clientX, y: e.clientY };
    setOwn(move(view, film, screen, e.clientX - from.x, e.clientY - from.y));
  };
  const end = (): void => {
    drag.current = null;
  };
  const handlers = {
    onKeyDown,
    onPointerDown,
    onPointerMove,
    onPointerUp: end,
    onPointerCancel: end,
    onDblClick: whole,
  };
  const closer = (): void => zoomBy(STEP);
  const farther = (): void => zoomBy(1 / STEP);
  return { view, screen, handlers, whole, closer, farther };
}
