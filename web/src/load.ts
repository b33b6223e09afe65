// Data of a page: loaded once, again after changes, and regularly while the page is visible.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { ApiError, get } from './api';
import { texts } from './texts';

export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 0) return texts.errors.network;
  if (error.status === 429 && error.retryAfter && !error.message)
    return texts.errors.wait(error.retryAfter);
  return error.message;
}

export interface Loaded<T> {
  data: T | null;
  error: string;
  /** When the data was received; milliseconds since 1970. */
  at: number;
  reload: () => Promise<void>;
}

// A page that nobody uses stops asking, so that its session can end.
const IDLE = 30 * 60 * 1000;
let used = Date.now();
for (const event of ['keydown', 'pointermove', 'pointerdown', 'wheel'])
  addEventListener(event, () => (used = Date.now()), { passive: true, capture: true });

/** Whether somebody uses the page. */
export const isUsed = (): boolean => Date.now() - used <= IDLE;

/** Loads `path`, and again every `seconds` while the page is visible; 0: only by reload(). */
export function useData<T>(path: string, seconds = 0): Loaded<T> {
  const [state, setState] = useState({ path, data: null as T | null, error: '', at: 0 });
  const current = useRef(path);
  current.current = path;

  const reload = useCallback(async () => {
    try {
      const data = await get<T>(path);
      if (current.current === path) setState({ path, data, error: '', at: Date.now() });
    } catch (error) {
      if (current.current !== path) return;
      const data = (s: { path: string; data: T | null }): T | null =>
        s.path === path ? s.data : null;
      setState((s) => ({ ...s, path, error: errorText(error), data: data(s) }));
    }
  }, [path]);

  useEffect(() => {
    void reload();
    if (!seconds) return undefined;
    let busy = false;
    const timer = setInterval(() => {
      if (document.hidden || busy || !isUsed()) return;
      busy = true;
      void reload().finally(() => (busy = false));
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [reload, seconds]);

  const mine = state.path === path;
  return { data: mine ? state.data : null, error: mine ? state.error : '', at: state.at, reload };
}

/** A change that a button makes: its state and error. */
export function useAction(): {
  busy: boolean;
  error: string;
  start: (work: () => Promise<void>) => Promise<boolean>;
} {
  const [state, setState] = useState({ busy: false, error: '' });
  const start = useCallback(async (work: () => Promise<void>) => {
    setState({ busy: true, error: '' });
    try {
      await work();
      setState({ busy: false, error: '' });
      return true;
    } catch (error) {
      setState({ busy: false, error: errorText(error) });
      return false;
    }
  }, []);
  return { ...state, start };
}
