// What happens to a study while its page is open: a film comes to it, the manager returns it, its
// round is locked, another page completes it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReadingTask } from '../api_types';
import { isUsed } from '../load';
import { texts } from '../texts';
import { fetchTask } from './reading_api';
import { inOrder, titleOf } from './use_films';
import type { Study } from './use_study';

const t = texts.reading.news;
const PERIOD = 60_000; // ms

/** The page is loaded anew and says why. */
export type Reload = (why: string) => void;

/** What is said of films that the page does not show; "": there are none. */
export function lateFilms(s: Study, now: ReadingTask): string {
  const known = new Set(s.films.map((f) => f.film));
  const all = inOrder(now.films);
  const late = all.filter((f) => !known.has(f.film)).map((f) => titleOf(all, f.film));
  return late.length > 0 ? t.films(late) : '';
}

/** What is said where a study that is shown as complete is open, or the other way round. */
function changedState({ closed }: Study, { state }: ReadingTask): string {
  const isClosed = state === 'done' || state === 'locked';
  return isClosed === closed ? '' : t.states[state];
}

/** Looks at the study now and then. The page is loaded anew where it shows a state that is not the
 * study's, unless that would interrupt its reader: nothing may be unsaved. Returns what is said of
 * films that have come, which are not shown before the reader wants to see them. */
export function useNews(s: Study, busy: boolean, reload: Reload): string {
  const { managed, session } = s;
  const { task } = session.task;
  const [late, setLate] = useState('');
  const now = useRef({ s, busy });
  now.current = { s, busy };

  useEffect(() => {
    if (managed !== undefined) return undefined;
    let over = false;
    const tell = (found: ReadingTask): void => {
      const films = lateFilms(now.current.s, found);
      const state = changedState(now.current.s, found);
      setLate(films);
      if (state && session.unsaved === 0) reload(`${state} ${films}`.trim());
    };
    const look = async (): Promise<void> => {
      if (document.hidden || !isUsed()) return;
      const asked = now.current;
      const found = await fetchTask(task).catch(() => null);
      // what the page itself has changed meanwhile, the answer may not know
      const same = now.current.s.closed === asked.s.closed && !now.current.busy && !asked.busy;
      if (found && !over && same) tell(found);
    };
    const watch = (): void => void look();
    const timer = setInterval(watch, PERIOD);
    document.addEventListener('visibilitychange', watch);
    return () => {
      over = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', watch);
    };
  }, [session, managed]);
  return late;
}
