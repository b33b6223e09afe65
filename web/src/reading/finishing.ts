// Completing a study and going on to the next one.
import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { errorText } from '../load';
import { texts } from '../texts';
import { filmLoad } from './film_store';
import { completeTask, fetchTask, lookAhead, nextTask, reopenTask } from './reading_api';
import { choosePrelabel, filmOf } from './record';
import { studyAddress, tellNext } from './second_window';
import { titleOf } from './use_films';
import { clusterKey, type Clusters, decisionOf } from './use_clusters';
import { lateFilms, type Reload } from './use_news';
import type { Prelabels } from './use_prelabels';
import type { Study } from './use_study';

const t = texts.reading;

interface Obstacle {
  film: number | null;
  text: string;
  /** What is chosen then: a box without a reason. */
  box?: string;
  /** The control that must be used, by its selector. */
  control?: string;
}

/** What the adjudicator has left open: decisions, then reasons. */
function undecided(c: Clusters): Obstacle[] {
  const all: Obstacle[] = [];
  const open = c.data?.clusters.find((x) => !decisionOf(c, x) && !c.sending.has(clusterKey(x)));
  if (open)
    all.push({
      ...{ film: open.film, text: texts.adjudication.needsDecision },
      control: '.clusters > li:not(.resolved) button',
    });
  const own = c.unexplained.find((x) => !c.sending.has(x.box));
  const text = texts.adjudication.needsReason;
  if (own) all.push({ film: own.film, box: own.box, text, control: '.own-reason' });
  return all;
}

/** The control comes into view and has the focus, when the panel shows its film. */
function showControl(selector: string): void {
  requestAnimationFrame(() => {
    const control = document.querySelector<HTMLElement>(`.reading-panel ${selector}`);
    control?.focus({ preventScroll: true });
    control?.scrollIntoView({ block: 'center' });
  });
}

/** Why a study cannot be completed, in the order in which it is done. */
function obstacles(s: Study, clusters: Clusters): Obstacle[] {
  const all: Obstacle[] = [];
  for (const { film } of s.films) {
    const title = titleOf(s.films, film);
    if (filmOf(s.reading, film).verdict === '') all.push({ film, text: t.needsVerdict(title) });
    if (!filmLoad(film).state.levels.some((l) => l.level === 1))
      all.push({ film, text: t.notLoaded(title) });
  }
  if (s.task.project.confidence && s.reading.study.confidence === null)
    all.push({ film: null, text: t.needsConfidence, control: '.confidence > input' });
  return s.task.kind === 'adjudicate' ? [...all, ...undecided(clusters)] : all;
}

/** Loads the films of the study that comes after this one. */
export async function prefetchNext(task: number): Promise<void> {
  const next = await lookAhead(task);
  if (next.task === null) return;
  const { films } = await fetchTask(next.task);
  for (const { film } of films) filmLoad(film);
}

/** Completes the study, unless a film has come since the page loaded it: then the page is loaded
 * anew, shows that film, and says so. */
async function completed(s: Study, reload: Reload): Promise<boolean> {
  try {
    await completeTask(s.task.task);
    return true;
  } catch (e) {
    if (!(e instanceof ApiError && e.status === 409)) throw e;
    const late = lateFilms(s, await fetchTask(s.task.task));
    if (!late) throw e;
    reload(late);
    return false;
  }
}

/** `second`: this is the second window of a study. */
export async function openNext(task?: number, second = false): Promise<void> {
  const next = await nextTask(task);
  if (task !== undefined) tellNext(task, next.task);
  location.hash = studyAddress(next.task, second);
}

/** What the page waits for. */
export type Doing = '' | 'complete' | 'renew' | 'other';

export function useFinishing(
  s: Study,
  prelabels: Prelabels,
  clusters: Clusters,
  second: boolean,
  reload: Reload,
) {
  const [doing, setDoing] = useState<Doing>('');
  const busy = doing !== '';
  const now = useRef({ s, clusters }); // of the last time that the page was drawn
  now.current = { s, clusters };

  /** What the reader saw and left alone is recorded, too. */
  const ignoreRest = (): void => {
    for (const { film } of s.films) {
      const shown = prelabels.all ? prelabels.shown(film) : [];
      const rest = shown.filter((p) => !s.reading.choices.get(p.prelabel));
      s.session.act(rest.map((p) => choosePrelabel(film, p.prelabel, 'ignore')));
    }
  };
  const attempt = async (
    work: () => Promise<void>,
    what: Doing = 'other',
  ): Promise<void> => {
    setDoing(what);
    s.clearToast(); // what failed is tried again
    try {
      await work();
    } catch (e) {
      s.setToast(errorText(e));
    } finally {
      setDoing('');
    }
  };
  const complete = (): void => {
    if (busy || s.managed !== undefined) return;
    if (s.closed) return void attempt(() => openNext(s.task.task, second));
    const [why] = obstacles(s, clusters);
    if (why) {
      if (why.film !== null) s.activate(why.film);
      if (why.box) s.choose(why.box);
      if (why.control) showControl(why.control);
      return s.setToast(why.text, () =>
        obstacles(now.current.s, now.current.clusters).some((x) => x.text === why.text),
      );
    }
    void attempt(async () => {
      ignoreRest();
      await s.session.settled();
      if (s.session.unsaved > 0) return; // refused: the line at the bottom says why
      if (!(await completed(s, reload))) return;
      s.setClosed(true);
      await openNext(s.task.task, second);
    }, 'complete');
  };
  const reopen = (): void =>
    void attempt(async () => {
      await reopenTask(s.task.task);
      s.setClosed(false);
    });
  /** Loads the study anew, as it is now. */
  const renew = (): void =>
    void attempt(async () => {
      await s.session.settled();
      if (s.session.unsaved === 0) reload('');
    }, 'renew');
  return { busy, doing, complete, reopen, renew };
}
