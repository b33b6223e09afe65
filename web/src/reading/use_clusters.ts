// Boxes of several readers, for the adjudicator of a study.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, post, route } from '../api';
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
  /** Why they could not be loaded. */
  error: string;
  /** Why a decision was refused, by what it is about: a cluster (clusterKey), or a box. */
  refused: ReadonlyMap<string, string>;
  /** It is said no more. */
  dismiss: (about: string) => void;
  /** What decisions that are on their way are about. */
  sending: ReadonlySet<string>;
  /** The median, or the box of one reader, becomes a box of the adjudicator. */
  take: (c: ReadingCluster, from: { label: number; corners: number[] }, merge: boolean) => void;
  reject: (c: ReadingCluster, reason: string) => void;
  /** Why a box was drawn that no reader has. */
  explain: (film: number, box: string, reason: string) => void;
}

interface Refusal {
  text: string;
  /** Of the decision; "": it names none, or none that was there. */
  box: string;
}

/** Refusals are said until what they are about is decided, or their box is taken back. */
function useRefusals(boxes: ReadonlyMap<string, Box>) {
  const [all, setAll] = useState<ReadonlyMap<string, Refusal>>(new Map());
  const held = [...all].filter(([, r]) => r.box === '' || boxes.has(r.box));
  return {
    texts: new Map(held.map(([about, r]): [string, string] => [about, r.text])),
    say: (about: string, text: string, box = ''): void =>
      setAll((before) => new Map(before).set(about, { text, box })),
    forget: (about: string): void =>
      setAll((before) => new Map([...before].filter(([other]) => other !== about))),
  };
}

/** What became of a decision. late: another page has decided otherwise meanwhile. */
type Outcome = 'decided' | 'late' | 'refused';

/** Which decisions of the service the adjudicator has seen, or made on this page. */
function useSeen(data: ReadingClusters | null) {
  const shown = useRef(0);
  shown.current = data?.rev ?? 0;
  const { current: own } = useRef(new Map<string, number>());
  return {
    /** The revision for a decision that is made now, when it is sent. */
    rev: (about: string): (() => number) => {
      const now = shown.current;
      return () => Math.max(now, own.get(about) ?? 0);
    },
    own: (about: string, { rev }: ReadingClusters): unknown => own.set(about, rev),
  };
}

/** `managed`: whether the manager looks at the study, who gets no clusters. */
export function useClusters(session: ReadingSession, managed: boolean): Clusters {
  const { task } = session.task;
  const has = session.task.kind === 'adjudicate' && !managed;
  const path = route`/api/reading/tasks/${task}`;
  const [data, setData] = useState<ReadingClusters | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const [error, setError] = useState('');
  const [sending, setSending] = useState<readonly string[]>([]);

  const { boxes } = session.reading;
  const refusals = useRefusals(boxes);
  const { decisions } = session;

  const load = async (): Promise<ReadingClusters | null> => {
    const ask = (): Promise<ReadingClusters> => get(`${path}/clusters`);
    try {
      const now = await decisions.add(ask, false);
      setData(now);
      setError('');
      return now;
    } catch (e) {
      setError(errorText(e));
      return null;
    }
  };
  // the service says which decisions hold for the boxes that it has
  const saved = session.state.unsaved === 0 ? boxes : null;
  const { decidedElsewhere } = session;
  useEffect(() => {
    if (has && saved) void load();
  }, [has, path, saved, decidedElsewhere]);

  const unexplained = (data?.unexplained ?? []).filter((x) => boxes.has(x.box));
  const seen = useSeen(data);
  /** `about`: a cluster, or a box. Otherwise: the service refuses it. */
  const decide = async (about: string, decision: () => ReadingDecision): Promise<Outcome> => {
    const rev = seen.rev(about);
    refusals.forget(about);
    setSending((all) => [...all, about]);
    try {
      const send = async (): Promise<ReadingClusters> => {
        await session.marksSettled(); // the box that the decision names
        return post(`${path}/decisions`, { ...decision(), rev: rev() });
      };
      const now = await decisions.add(send, true);
      setData(now);
      seen.own(about, now);
      session.tellDecided();
      refusals.forget(about);
      return 'decided';
    } catch (e) {
      await session.refresh(); // another page may have deleted the box
      const now = await load();
      const box = decision().box ?? '';
      const isGone = box !== '' && !session.reading.boxes.has(box);
      const isLate = e instanceof ApiError && e.status === 409 && now !== null && now.rev > rev();
      if (isGone) refusals.say(about, texts.adjudication.boxGone);
      else if (isLate) refusals.say(about, texts.adjudication.decidedElsewhere);
      else refusals.say(about, texts.adjudication.refused(errorText(e)), box);
      return isLate ? 'late' : 'refused';
    } finally {
      // one of those that are about the same
      setSending((all) => all.filter((_, i) => i !== all.indexOf(about)));
    }
  };
  /** A box for which the decision of another page leaves no room. */
  const takeBack = (id: string): void => {
    const box = session.reading.boxes.get(id);
    if (box) session.act(removeBoxes(session.reading, [box]));
  };
  /** A decision that changes no box is a step of its own, and `undo` the one that takes it back. */
  const decideAsStep = (about: string, to: ReadingDecision, undo: ReadingDecision): void => {
    const redo = (): Promise<Outcome> => decide(about, () => to);
    const step = { undo: () => void decide(about, () => undo), redo: () => void redo() };
    session.decided(to.film, step);
    void redo().then((how) => how === 'decided' || session.notDecided(step));
  };
  return {
    pointed,
    point: setPointed,
    data,
    boxes,
    unexplained,
    error,
    refused: refusals.texts,
    dismiss: refusals.forget,
    sending: new Set(sending),
    take: (c, from, merge) => {
      const { film, cluster } = c;
      const box: Box = {
        ...{ box: newBoxId(), film, label: from.label, attributes: [] },
        ...{ corners: from.corners as unknown as Corners, source: 'copy', source_id: null },
      };
      const ops = takeBox(session.reading, box, earlierBoxes(boxes, c, unexplained));
      if (typeof ops === 'string') return refusals.say(clusterKey(c), t[ops]);
      session.act(ops);
      const decision = merge ? 'merge' : 'take';
      // where another page took the same, its box is kept (merge.ts)
      const kept = (): string => equalBox(session.reading, putBox(box))?.box ?? box.box;
      const sent = decide(clusterKey(c), () => ({ film, cluster, decision, box: kept() }));
      void sent.then((how) => how === 'late' && takeBack(box.box));
    },
    reject: (c, reason) => {
      const { film, cluster, decided } = c;
      const rejection = (why: string): ReadingDecision =>
        ({ film, cluster, decision: 'reject', reason: why });
      const earlier = earlierBoxes(boxes, c, unexplained);
      if (earlier.length > 0) {
        // undone, they undo the rejection
        session.act(removeBoxes(session.reading, earlier));
        return void decide(clusterKey(c), () => rejection(reason));
      }
      decideAsStep(clusterKey(c), rejection(reason), decided?.decision === 'reject'
        ? rejection(decided.reason)
        : { film, cluster, decision: 'withdraw' });
    },
    explain: (film, box, reason) =>
      decideAsStep(box, { film, decision: 'draw', box, reason },
        { film, decision: 'withdraw', box }),
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
