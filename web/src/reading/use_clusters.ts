// Boxes of several readers, for the adjudicator of a study.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, post, route } from '../api';
import type {
  ReadingCluster,
  ReadingClusters,
  ReadingDecision,
  ReadingLabel,
} from '../api_types';
import { colourOf } from '../colours';
import { errorText } from '../load';
import { newBoxId } from './actions';
import type { Mark } from './overlay';
import { type Corners, filmOf, type Op, putBox, setVerdict } from './record';
import type { ReadingSession } from './session';

export interface Clusters {
  /** The cluster that the adjudicator looks at in the list; null: none. */
  pointed: string | null;
  point: (cluster: string | null) => void;
  data: ReadingClusters | null;
  error: string;
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

  const attempt = useCallback(async (work: () => Promise<ReadingClusters>) => {
    setState({ error: '', busy: true });
    try {
      setData(await work());
      setState({ error: '', busy: false });
    } catch (e) {
      setState({ error: errorText(e), busy: false });
    }
  }, []);
  useEffect(() => {
    if (has) void attempt(() => get(`${path}/clusters`));
  }, [has, path]);

  const decide = (decision: ReadingDecision): void =>
    void attempt(async () => {
      await session.settled(); // the box that the decision names
      return post<ReadingClusters>(`${path}/decisions`, decision);
    });
  return {
    pointed,
    point: setPointed,
    data,
    ...state,
    take: (c, from, merge) => {
      const { film, cluster } = c;
      const box = newBoxId();
      const { verdict } = filmOf(session.reading, film);
      const put = putBox({
        ...{ box, film, label: from.label, corners: from.corners as unknown as Corners },
        ...{ attributes: [], source: 'copy', source_id: null },
      });
      const ops: Op[] = verdict === 'abnormal' ? [put] : [setVerdict(film, 'abnormal'), put];
      session.act(ops);
      decide({ film, cluster, decision: merge ? 'merge' : 'take', box });
    },
    reject: ({ film, cluster }, reason) => decide({ film, cluster, decision: 'reject', reason }),
    explain: (film, box, reason) => decide({ film, decision: 'draw', box, reason }),
  };
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
  { data, pointed }: Clusters,
  labels: ReadonlyMap<number, ReadingLabel>,
  film: number,
): Mark[] {
  const open = (data?.clusters ?? []).filter((c) => c.film === film && !c.decided);
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
