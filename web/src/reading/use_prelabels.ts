// Boxes of the networks that the reader may see.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, route } from '../api';
import type { ReadingLabel, ReadingPrelabel, ReadingPrelabels } from '../api_types';
import type { Mark } from './overlay';
import { type Choice, commit, type Corners, filmOf, type Op } from './record';
import type { ReadingSession } from './session';

const DELAY = 1000; // ms until a new threshold is recorded

export interface Prelabels {
  all: ReadingPrelabels | null;
  threshold: number;
  setThreshold: (threshold: number) => void;
  /** Of a film, above the threshold, neither accepted nor rejected. */
  shown: (film: number) => ReadingPrelabel[];
  /** Records the reader's own boxes of a film, and shows those of the networks. */
  compare: ((film: number) => Promise<void>) | null;
}

const shownOp = (film: number, set: number, threshold: number): Op => ({
  kind: 'prelabels_shown',
  film,
  body: { set, threshold },
});

export function usePrelabels(session: ReadingSession | null, film: number | undefined): Prelabels {
  const [all, setAll] = useState<ReadingPrelabels | null>(null);
  const [threshold, setThreshold] = useState(0);
  const recorded = useRef('');
  const mode = session?.task.prelabels ?? 'none';

  const load = useCallback(async () => {
    if (!session || mode === 'none') return;
    try {
      const path = route`/api/reading/tasks/${session.task.task}/prelabels`;
      const found = await get<ReadingPrelabels>(path);
      setAll((old) => {
        if (!old) setThreshold(found.threshold);
        return found;
      });
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 403) throw e; // 403: not yet
    }
  }, [session, mode]);
  useEffect(() => {
    setAll(null);
    void load().catch(() => undefined);
  }, [load]);

  const committed = session && film !== undefined && filmOf(session.reading, film).committed;
  const visible = mode === 'before' || (mode === 'after' && committed);
  const some = all?.prelabels.some((p) => p.film === film);
  useEffect(() => {
    if (!session || film === undefined || !visible || !all?.set || !some) return undefined;
    const op = shownOp(film, all.set, threshold);
    const key = JSON.stringify(op);
    if (recorded.current === key) return undefined;
    const timer = setTimeout(() => {
      recorded.current = key;
      if (session.task.state !== 'done') session.act([op]);
    }, DELAY);
    return () => clearTimeout(timer);
  }, [session, film, visible, all, some, threshold]);

  const shown = (of: number): ReadingPrelabel[] => {
    const choice = (p: ReadingPrelabel): Choice => session?.reading.choices.get(p.prelabel) ?? '';
    return (all?.prelabels ?? []).filter(
      (p) => p.film === of && p.score >= threshold && ['', 'ignore'].includes(choice(p)),
    );
  };
  const compare = async (of: number): Promise<void> => {
    if (!session) return;
    session.act([commit(of)]);
    await session.settled();
    await load();
  };
  return {
    all: visible ? all : null,
    threshold,
    setThreshold,
    shown,
    compare: mode === 'after' && !committed ? compare : null,
  };
}

/** A box of the networks among all that can be chosen. */
export const prelabelKey = (p: ReadingPrelabel): string => `prelabel-${p.prelabel}`;

/** A box of the networks, over the film. */
export const prelabelMark = (
  labels: ReadonlyMap<number, ReadingLabel>,
  p: ReadingPrelabel,
): Mark => ({
  id: prelabelKey(p),
  label: p.label,
  text: `${labels.get(p.label)?.name ?? ''} ${p.score.toFixed(2)}`,
  corners: p.corners as unknown as Corners,
});
