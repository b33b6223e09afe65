// The page of a study: what is chosen, and what keys, mouse and buttons do.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ReadingFilm, ReadingLabel } from '../api_types';
import { texts } from '../texts';
import * as actions from './actions';
import type { Look } from './film_frame';
import { plainLook } from './film_frame';
import { boxesOf, type Box, type Corners, filmOf, type Op } from './record';
import type { ReadingSession } from './session';
import { inOrder } from './use_films';

const t = texts.reading;
const TOAST = 4000; // ms

/** What the page says for a moment, unless it ceases to be true before. */
interface Toast {
  text: string;
  holds: () => boolean;
}

function useToast() {
  const [toast, setToast] = useState<Toast | null>(null);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(null), TOAST);
    return () => clearTimeout(timer);
  }, [toast]);
  return {
    toast,
    setToast: (text: string, holds: Toast['holds'] = () => true): void =>
      setToast({ text, holds }),
    clearToast: (): void => setToast(null),
  };
}

export type Study = ReturnType<typeof useStudy>;

/** How a window shows a study. */
export interface StudyView {
  /** It is the second window, which begins with the second film. */
  second?: boolean;
  /** The project whose manager looks at a reader's study, and can only ask and answer. */
  managed?: string;
  /** The service has weights. */
  predicts: boolean;
}

export function useStudy(session: ReadingSession, { second, managed, predicts }: StudyView) {
  const { task } = session;
  const films = useMemo(() => inOrder(task.films), [task]);
  const labels = useMemo(
    () => new Map(task.project.labels.map((l): [number, ReadingLabel] => [l.label, l])),
    [task],
  );
  const [film, setFilm] = useState((films[second ? 1 : 0] ?? films[0])?.film ?? 0);
  const [chosen, setChosen] = useState<string | null>(null);
  const first = task.project.labels.find((l) => l.kind === 'box' && !l.retired);
  const [label, setLabel] = useState(first?.label ?? 0);
  const [looks, setLooks] = useState(new Map<number, Look>());
  const { toast, setToast, clearToast } = useToast();
  const [closed, setClosed] = useState(
    managed !== undefined || task.state === 'done' || task.state === 'locked',
  );
  const gesture = useRef(0);
  const { reading } = session;
  const now = useRef({ film, label }); // of the last time that the page was drawn
  now.current = { film, label };

  const box = chosen ? reading.boxes.get(chosen) ?? null : null;
  const boxes = boxesOf(reading, film);

  /** Why nothing was done, until something is done, or another film is looked at. */
  const refuse = (text: string): void => {
    const { history } = session;
    setToast(text, () => {
      const same = session.reading === reading && session.history === history;
      return same && now.current.film === film;
    });
  };
  /** Operations, or why there are none. */
  const act = (wanted: actions.Result, of = ''): boolean => {
    if (closed) return false;
    const result = typeof wanted === 'string' ? wanted : actions.withoutEqual(reading, wanted);
    if (typeof result === 'string') {
      refuse(t[result]);
      return false;
    }
    session.act(result, of);
    return true;
  };
  const look = (of: number): Look => looks.get(of) ?? plainLook;
  const setLook = (of: number, next: Look): void =>
    setLooks((all) => new Map(all).set(of, next));

  const choose = (id: string | null): void => {
    setChosen(id);
    const found = id ? reading.boxes.get(id) : null;
    if (found && !labels.get(found.label)?.retired) setLabel(found.label);
  };
  const activate = (of: number): void => {
    if (of === film) return;
    setFilm(of);
    setChosen(null);
  };
  const draw = (of: number, corners: Corners): void => {
    const ops = actions.drawBox(reading, of, label, corners);
    if (label === 0) return setToast(t.noClass, () => now.current.label === 0);
    if (act(ops)) setChosen((ops as Op[])[(ops as Op[]).length - 1]?.box ?? null);
  };
  /** `of`: equal for steps of a key that is held, which are undone together. */
  const change = (b: Box, next: Partial<Box>, of = ''): void =>
    void act(actions.changeBox(b, next), of);
  const remove = (b: Box): void => {
    if (act(actions.removeBox(reading, b)) && b.box === chosen) setChosen(null);
  };
  const pick = (to: number): void => {
    const wanted = labels.get(to);
    if (!wanted || wanted.retired) return;
    setLabel(to);
    if (box && box.label !== to) change(box, { label: to, attributes: [] });
  };
  /** Chooses the next box, or the one before; false: it was the last one, or the first. */
  const cycle = (by: number): boolean => {
    const i = boxes.findIndex((b) => b.box === chosen);
    const next = boxes[i < 0 && by < 0 ? boxes.length - 1 : i + by];
    if (next) choose(next.box);
    return next !== undefined;
  };
  const undo = (): void => {
    if (!closed && !session.undo(film)) refuse(t.nothingToUndo);
  };
  const redo = (): void => {
    if (!closed && !session.redo(film)) refuse(t.nothingToRedo);
  };
  const canDraw = (of: number): boolean => !closed && filmOf(reading, of).verdict !== 'rejected';

  return {
    managed, predicts, session, task, reading, films, labels, film, boxes, box, chosen, label,
    toast, closed, gesture,
    setToast, clearToast, refuse, setClosed, act, look, setLook, choose, activate, draw, change,
    remove, pick, cycle, undo, redo, canDraw,
    record: filmOf(reading, film),
    filmData: films.find((f): f is ReadingFilm => f.film === film),
  };
}
