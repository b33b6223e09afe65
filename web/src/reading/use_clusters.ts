// Boxes of several readers, for the adjudicator of a study.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, post, route } from '../api';
import type { ReadingCluster, ReadingClusters, ReadingDecision } from '../api_types';
import { errorText } from '../load';
import { newBoxId } from './actions';
import type { Mark } from './overlay';
import { type Corners, filmOf, type Op, putBox, setVerdict } from './record';
import type { ReadingSession } from './session';

export interface Clusters {
  data: ReadingClusters | null;
  error: string;
  busy: boolean;
  /** The median, or the box of one reader, becomes a box of the adjudicator. */
  take: (c: ReadingCluster, from: { label: number; corners: number[] }, merge: boolean) => void;
  reject: (c: ReadingCluster, reason: string) => void;
  /** Why a box was drawn that no reader has. */
  explain: (film: number, box: string, reason: string) => void;
}

export function useClusters(session: ReadingSession): Clusters {
  const { task, kind } = session.task;
  const path = route`/api/reading/tasks/${task}`;
  const [data, setData] = useState<ReadingClusters | null>(null);
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
    if (kind === 'adjudicate') void attempt(() => get(`${path}/clusters`));
  }, [kind, path]);

  const decide = (decision: ReadingDecision): void =>
    void attempt(async () => {
      await session.settled(); // the box that the decision names
      return post<ReadingClusters>(`${path}/decisions`, decision);
    });
  return {
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

/** The boxes of a film's readers that are not decided. */
export function clusterMarks(data: ReadingClusters | null, film: number): Mark[] {
  const open = (data?.clusters ?? []).filter((c) => c.film === film && !c.decided);
  return open.flatMap((c) =>
    c.boxes.map((b, i) => ({
      id: `cluster-${c.cluster}-${i}`,
      label: b.label,
      text: b.reader,
      corners: b.corners as unknown as Corners,
    })),
  );
}
