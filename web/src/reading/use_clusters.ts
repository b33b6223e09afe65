// Boxes of several readers, for the adjudicator of a study.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, post, route } from '../api';
import type {
  ReadingCluster,
  ReadingClusters,
  ReadingDecided,
  ReadingDecision,
  ReadingLabel,
  ReadingOwnBox,
} from '../api_types';
import { colourOf } from '../colours';
import { errorText } from '../load';
import { texts } from '../texts';
import { newBoxId, removeBoxes, takeBox } from './actions';
import type { Mark } from './overlay';
import { type Box, type Corners, equalBox, putBox } from './record';
import type { ReadingSession } from './session';

const t = texts.reading;

export interface Clusters {
  /** The cluster that the adjudicator looks at in the list; null: none. */
  pointed: string | null;
  point: (cluster: string | null) => void;
  data: ReadingClusters | null;
  /** The boxes that are there now. */
  boxes: ReadonlyMap<string, Box>;
  /** Boxes of the adjudicator that no decision is about. */
  unexplained: readonly ReadingOwnBox[];
  error: string;
  /** A decision is on its way. */
  busy: boolean;
  /** The median, or the box of one reader, becomes a box of the adjudicator. */
  take: (c: ReadingCluster, from: { label: number; corners: number[] }, merge: boolean) => void;
  reject: (c: ReadingCluster, reason: string) => void;
  /** Why a box was drawn that no reader has. */
  explain: (film: number, box: string, reason: string) => void;
}

/** `managed`: whether the manager looks at the study, who gets no clusters. */
export function useClusters(session: ReadingSession, managed: boolean): Clusters {
  const { task } = session.task;
  const has = session.task.kind === 'adjudicate' && !managed;
  const path = route`/api/reading/tasks/${task}`;
  const [data, setData] = useState<ReadingClusters | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const [state, setState] = useState({ error: '', busy: false });

  const { boxes } = session.reading;
  const calls = useRef<Promise<unknown>>(Promise.resolve());

  // One after the other, so that an older answer never replaces a newer one. Buttons are disabled
  // while a decision is sent, not while clusters are loaded: the one that has the focus keeps it.
  const attempt = useCallback((work: () => Promise<ReadingClusters>, deciding: boolean) => {
    const done = (error: string): boolean => {
      setState((s) => ({ error, busy: s.busy && !deciding }));
      return error === '';
    };
    setState((s) => ({ error: '', busy: s.busy || deciding }));
    const call = calls.current.then(async () => {
      try {
        setData(await work());
        return done('');
      } catch (e) {
        return done(errorText(e));
      }
    });
    calls.current = call;
    return call;
  }, []);
  // the service says which decisions hold for the boxes that it has
  const saved = session.state.unsaved === 0 ? boxes : null;
  useEffect(() => {
    if (has && saved) void attempt(() => get(`${path}/clusters`), false);
  }, [has, path, saved]);

  const unexplained = (data?.unexplained ?? []).filter((x) => boxes.has(x.box));
  const decide = (decision: () => ReadingDecision): Promise<boolean> =>
    attempt(async () => {
      await session.settled(); // the box that the decision names
      return post<ReadingClusters>(`${path}/decisions`, decision());
    }, true);
  /** A decision that changes no box is a step of its own, and `undo` the one that takes it back. */
  const decideAsStep = (to: ReadingDecision, undo: ReadingDecision): void => {
    const redo = (): Promise<boolean> => decide(() => to);
    const step = { undo: () => void decide(() => undo), redo: () => void redo() };
    session.decided(to.film, step);
    void redo().then((done) => done || session.notDecided(step));
  };
  return {
    pointed,
    point: setPointed,
    data,
    boxes,
    unexplained,
    ...state,
    take: (c, from, merge) => {
      const { film, cluster } = c;
      const box: Box = {
        ...{ box: newBoxId(), film, label: from.label, attributes: [] },
        ...{ corners: from.corners as unknown as Corners, source: 'copy', source_id: null },
      };
      const ops = takeBox(session.reading, box, earlierBoxes(boxes, c, unexplained));
      if (typeof ops === 'string') return setState((s) => ({ ...s, error: t[ops] }));
      session.act(ops);
      const decision = merge ? 'merge' : 'take';
      // where another page took the same, its box is kept (merge.ts)
      const kept = (): string => equalBox(session.reading, putBox(box))?.box ?? box.box;
      void decide(() => ({ film, cluster, decision, box: kept() }));
    },
    reject: (c, reason) => {
      const { film, cluster, decided } = c;
      const rejection = (why: string): ReadingDecision =>
        ({ film, cluster, decision: 'reject', reason: why });
      const earlier = earlierBoxes(boxes, c, unexplained);
      if (earlier.length > 0) {
        // undone, they undo the rejection
        session.act(removeBoxes(session.reading, earlier));
        return void decide(() => rejection(reason));
      }
      decideAsStep(rejection(reason), decided?.decision === 'reject'
        ? rejection(decided.reason)
        : { film, cluster, decision: 'withdraw' });
    },
    explain: (film, box, reason) =>
      decideAsStep({ film, decision: 'draw', box, reason }, { film, decision: 'withdraw', box }),
  };
}

/** Boxes of the adjudicator that stand for the cluster, also where the decision was undone or did
 * not reach the service. */
function earlierBoxes(
  boxes: ReadonlyMap<string, Box>,
  c: ReadingCluster,
  unexplained: readonly ReadingOwnBox[],
): Box[] {
  const copied = [{ label: c.label, corners: c.corners }, ...c.boxes];
  const isCopy = (b: Box): boolean =>
    unexplained.some((x) => x.box === b.box) &&
    copied.some((x) => x.label === b.label && x.corners.every((v, i) => v === b.corners[i]));
  return [...boxes.values()].filter(
    (b) => b.film === c.film && (c.taken.includes(b.box) || (b.source === 'copy' && isCopy(b))),
  );
}

/** What a cluster was decided to be; null: it is open, also when the box was undone or deleted. */
export function decisionOf(clusters: Clusters, c: ReadingCluster): ReadingDecided | null {
  const { decided } = c;
  return decided && (!decided.box || clusters.boxes.has(decided.box)) ? decided : null;
}

/** A colour for each reader: R1, R2, ... */
export const readerColour = (reader: string): string =>
  colourOf(Math.max((Number.parseInt(reader.slice(1), 10) || 1) - 1, 0));

/** A cluster among those of all films. */
export const clusterKey = (c: ReadingCluster): string => `cluster-${c.film}-${c.cluster}`;

/** The cluster of a mark that was clicked; null: it is none. */
export const clusterOfMark = (mark: string | null): string | null =>
  /^(cluster-\d+-\d+)-/.exec(mark ?? '')?.[1] ?? null;

/** The boxes of a film's readers that are not decided, each in the colour of its reader. */
export function clusterMarks(
  clusters: Clusters,
  labels: ReadonlyMap<number, ReadingLabel>,
  film: number,
): Mark[] {
  const { data, pointed } = clusters;
  const open = (data?.clusters ?? []).filter((c) => c.film === film && !decisionOf(clusters, c));
  return open.flatMap((c) =>
    c.boxes.map((b, i) => ({
      id: `${clusterKey(c)}-${i}`,
      label: b.label,
      text: `${b.reader} ${labels.get(b.label)?.name ?? ''}`,
      corners: b.corners as unknown as Corners,
      colour: readerColour(b.reader),
      strong: clusterKey(c) === pointed,
    })),
  );
}
