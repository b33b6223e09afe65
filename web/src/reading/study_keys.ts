// The keys of a study's page. Findings and letters go by the key's place on the keyboard, so that
// they work with every layout and with Option or AltGr.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { handles, hasSides, resized, shifted } from './edit';
import { type Command, commands, type KeyTable } from './key_table';
import type { Point } from './matrix';
import { at, inverse } from './matrix';
import { filmToFrame, fitted, type Pose, type Size, type Turn, turnedBy, zoomed } from './pose';
import type { Corners } from './record';
import type { Study } from './use_study';

export interface Shown {
  pose: Pose;
  frame: Size;
}

/** What the page does for keys that concern more than the boxes. */
export interface PageActions {
  keys: KeyTable;
  shown: () => Shown | null;
  complete: () => void;
  noFinding: () => void;
  reject: () => void;
  question: () => void;
  guide: () => void;
  nextFilm: (by: number) => void;
  sideBySide: () => void;
  magnifier: () => void;
  nextPreset: () => void;
  hide: (hidden: boolean) => void;
  accept: (accepted: boolean) => void;
  threshold: (by: number) => void;
}

const arrows: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** A step on the screen as a step on the film, whole pixels. */
function onFilm(shown: Shown, step: Point, by: number): Point {
  const [a, b, c, d] = shown.pose.orientation;
  const x = a * step.x + b * step.y;
  const y = c * step.x + d * step.y;
  return { x: x * by, y: y * by };
}

const lowerRight = handles.find((h) => h.x === 1 && h.y === 1);

function nudge(s: Study, shown: Shown, e: KeyboardEvent, step: Point): boolean {
  const { box, filmData } = s;
  if (!box || !filmData) return false;
  const by = onFilm(shown, step, e.shiftKey ? 10 : 1);
  const corners = e.altKey && lowerRight
    ? resized(box.corners, lowerRight, by, filmData)
    : shifted(box.corners, by, filmData);
  if (!hasSides(corners)) return true;
  if (!e.repeat) s.gesture.current++;
  s.change(box, { corners }, `${box.box} ${s.gesture.current}`);
  return true;
}

/** In the middle of what the frame shows, an eighth of it. */
function newBox(s: Study, { pose, frame }: Shown): void {
  const { filmData } = s;
  if (!filmData || !s.canDraw(s.film)) return;
  const back = inverse(filmToFrame(pose, frame));
  const part = Math.min(frame.width, frame.height) / 16;
  const middle = { x: frame.width / 2, y: frame.height / 2 };
  const p = at(back, { x: middle.x - part, y: middle.y - part });
  const q = at(back, { x: middle.x + part, y: middle.y + part });
  const round = (v: number, most: number): number => Math.min(Math.max(Math.round(v), 0), most);
  const corners: Corners = [
    round(Math.min(p.x, q.x), filmData.width),
    round(Math.min(p.y, q.y), filmData.height),
    round(Math.max(p.x, q.x), filmData.width),
    round(Math.max(p.y, q.y), filmData.height),
  ];
  if (corners[2] > corners[0] && corners[3] > corners[1]) s.draw(s.film, corners);
}

function turn(s: Study, { pose, frame }: Shown, how: Turn): void {
  const { filmData, film } = s;
  if (filmData) s.setLook(film, { ...s.look(film), pose: turnedBy(pose, how, filmData, frame) });
}

function zoom(s: Study, { pose, frame }: Shown, factor: number): void {
  const { filmData, film } = s;
  const middle = { x: frame.width / 2, y: frame.height / 2 };
  if (filmData)
    s.setLook(film, { ...s.look(film), pose: zoomed(pose, filmData, frame, factor, middle) });
}

export function viewActions(s: Study, shown: Shown) {
  const { filmData, film } = s;
  return {
    fit: () =>
      filmData &&
      s.setLook(film, {
        ...s.look(film),
        pose: fitted(filmData, shown.frame, shown.pose.orientation),
      }),
    actual: () => zoom(s, shown, 1 / shown.pose.scale / devicePixelRatio),
    turn: (how: Turn) => turn(s, shown, how),
    zoom: (factor: number) => zoom(s, shown, factor),
    invert: () => s.setLook(film, { ...s.look(film), inverted: !s.look(film).inverted }),
  };
}

function actionsOf(s: Study, page: PageActions): Record<Command, () => void> {
  const shown = page.shown();
  const view = shown && viewActions(s, shown);
  return {
    newBox: () => shown && newBox(s, shown),
    deleteBox: () => s.box && s.remove(s.box),
    noFinding: page.noFinding,
    reject: page.reject,
    previousFilm: () => page.nextFilm(-1),
    nextFilm: () => page.nextFilm(1),
    sideBySide: page.sideBySide,
    fit: () => view?.fit(),
    actual: () => view?.actual(),
    turnRight: () => view?.turn('right'),
    turnLeft: () => view?.turn('left'),
    mirrorAcross: () => view?.turn('acrossMirror'),
    mirrorDown: () => view?.turn('downMirror'),
    invert: () => view?.invert(),
    nextWindow: page.nextPreset,
    magnifier: page.magnifier,
    hide: () => page.hide(true),
    accept: () => page.accept(true),
    rejectBox: () => page.accept(false),
    lowerThreshold: () => page.threshold(-0.05),
    higherThreshold: () => page.threshold(0.05),
    question: page.question,
    guide: page.guide,
  };
}

function onCode(s: Study, page: PageActions, e: KeyboardEvent): boolean {
  const code = e.shiftKey ? `Shift+${e.code}` : e.code;
  const label = s.task.project.labels.find((l) => l.kind === 'box' && l.code === code);
  if (label) return s.pick(label.label), true;
  const step = arrows[e.code];
  const shown = page.shown();
  if (step) return shown !== null && nudge(s, shown, e, step);
  if (e.altKey) return false;
  const command = commands.find((c) => page.keys[c] === code);
  if (command) actionsOf(s, page)[command]();
  else if (code === 'Escape') s.choose(null);
  else if (code === 'Backspace') s.box && s.remove(s.box);
  else return false;
  return true;
}

/** Keys by what they write: signs that are elsewhere on other keyboards. */
function onSign(s: Study, page: PageActions, e: KeyboardEvent): boolean {
  const shown = page.shown();
  const view = shown && viewActions(s, shown);
  if (e.key === '+' || e.key === '=') view?.zoom(1.25);
  else if (e.key === '-') view?.zoom(1 / 1.25);
  else if (e.key === 'Enter') page.complete();
  else return false;
  return true;
}

function onUndo(s: Study, e: KeyboardEvent): boolean {
  if (e.altKey) return false;
  if (e.key.toLowerCase() === 'z') e.shiftKey ? s.redo() : s.undo();
  else if (e.key.toLowerCase() === 'y') s.redo();
  else return false;
  return true;
}

const elementOf = (e: Event): HTMLElement | null =>
  e.target instanceof HTMLElement ? e.target : null;
const isTyping = (e: Event): boolean =>
  elementOf(e)?.matches('input:not([type=range]), textarea') ?? false;
const isControl = (e: Event): boolean =>
  elementOf(e)?.matches('button, a, summary, select') ?? false;
/** A slider or a list that has the focus takes the keys that move it; all others are commands. */
const movesControl = (e: KeyboardEvent): boolean =>
  (elementOf(e)?.matches('input, select') ?? false) && /^(Arrow|Home|End)/.test(e.code);

const ACTIVE = '.reading-film.active .reading-frame';
const onFilmFrame = (e: Event): boolean =>
  elementOf(e)?.matches('.reading-frame, body') ?? false;

/** The keys are those of the film again. */
export const focusFilm = (): void =>
  document.querySelector<HTMLElement>(ACTIVE)?.focus({ preventScroll: true });

/** While the active film has the focus, or nothing has it, Tab goes through its boxes, and from the
 * last one on to the controls behind the film; elsewhere it is the browser's. */
function onTab(s: Study, e: KeyboardEvent): boolean {
  if (!elementOf(e)?.matches(`${ACTIVE}, body`)) return false;
  if (s.cycle(e.shiftKey ? -1 : 1)) return true;
  if (elementOf(e) === document.body) focusFilm();
  return false;
}

/** A button that the mouse has pressed gives the keys back to the film: otherwise Enter would press
 * it again and not complete the study. One that was pressed by key keeps the focus. */
function afterClick(e: MouseEvent): void {
  const byKey = e.detail === 0;
  if (byKey || !elementOf(e)?.closest('button')?.matches('.reading button')) return;
  if (document.querySelector('dialog[open]')) return;
  focusFilm();
}

export function useStudyKeys(study: Study, page: PageActions): void {
  const latest = useRef({ study, page });
  latest.current = { study, page };
  // before the study is painted, so that no key is lost
  useLayoutEffect(() => {
    const press = (e: KeyboardEvent): void => {
      if (e.defaultPrevented || movesControl(e)) return;
      if (document.querySelector('dialog[open]')) return;
      if (isTyping(e)) {
        if (e.key === 'Escape') focusFilm();
        return;
      }
      const { study: s, page: p } = latest.current;
      let done: boolean;
      if (e.ctrlKey || e.metaKey) done = onUndo(s, e);
      else if (e.key === 'Tab') done = onTab(s, e);
      else if (e.key === 'Enter' && isControl(e)) done = false;
      else if (e.code === 'Space') done = onFilmFrame(e); // it moves the film, not the page
      else done = onSign(s, p, e) || onCode(s, p, e);
      if (done) e.preventDefault();
    };
    const release = (e: KeyboardEvent): void => {
      const { page: p } = latest.current;
      if (e.code === p.keys.hide.replace('Shift+', '')) p.hide(false);
    };
    const blur = (): void => latest.current.page.hide(false);
    addEventListener('keydown', press);
    addEventListener('keyup', release);
    addEventListener('click', afterClick);
    addEventListener('blur', blur);
    return () => {
      removeEventListener('keydown', press);
      removeEventListener('keyup', release);
      removeEventListener('click', afterClick);
      removeEventListener('blur', blur);
    };
  }, []);
}
