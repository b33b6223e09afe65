// What the readers of a study have marked, and what the adjudicator decides.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReadingCluster, ReadingLabel } from '../api_types';
import { errorText } from '../load';
import { Dialog, Notice } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_REASON, trimmed } from '../typed';
import type { CallQueue } from './call_queue';
import type { Box } from './record';
import { clusterKey, type Clusters, decisionOf, readerColour } from './use_clusters';

const t = texts.adjudication;

interface ReasonProps {
  title: string;
  question: string;
  submit: string;
  onGive: (reason: string) => void;
  onClose: () => void;
}

function ReasonDialog({ title, question, submit, onGive, onClose }: ReasonProps) {
  const [reason, setReason] = useState('');
  const send = (event: Event): void => {
    event.preventDefault();
    if (trimmed(reason)) onGive(trimmed(reason));
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send}>
        <TextField label={question} required autofocus value={reason} most={MOST_REASON}
          onText={setReason} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="primary" disabled={!trimmed(reason)}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Why the decision was refused; `about`: a cluster (clusterKey), or a box. */
function Refused({ clusters, about }: { clusters: Clusters; about: string }) {
  const why = clusters.refused.get(about);
  if (!why) return null;
  return (
    <Notice tone="bad">
      {why}{' '}
      <button type="button" class="plain small" onClick={() => clusters.dismiss(about)}>
        {texts.reading.conflictDismiss}
      </button>
    </Notice>
  );
}

interface RowProps {
  cluster: ReadingCluster;
  readers: number;
  labels: ReadonlyMap<number, ReadingLabel>;
  clusters: Clusters;
  closed: boolean;
  onReject: () => void;
}

function ClusterRow({ cluster: c, readers, labels, clusters, closed, onReject }: RowProps) {
  const name = (label: number): string => labels.get(label)?.name ?? '';
  const { pointed, point } = clusters;
  const [changing, setChanging] = useState(false);
  const decided = decisionOf(clusters, c);
  const take: Clusters['take'] = (...what) => {
    setChanging(false);
    clusters.take(...what);
  };
  const key = clusterKey(c);
  const busy = clusters.sending.has(key);
  const row = useRef<HTMLLIElement>(null);
  // A button that was pressed by key is no longer there when the decision is: the focus stays in
  // the row, where Tab goes on to its buttons, and Enter to the next open finding.
  const pressed = useRef(false);
  useEffect(() => {
    if (!pressed.current || busy || document.activeElement !== document.body) return;
    if (!changing) row.current?.setAttribute('tabindex', '-1');
    const within = changing ? row.current?.querySelector('button') : row.current;
    within?.focus({ preventScroll: true });
  });
  useEffect(() => {
    if (pointed === key) row.current?.scrollIntoView({ block: 'nearest' });
  }, [pointed, key]);
  return (
    <li ref={row} class={`${decided ? 'resolved' : ''} ${pointed === key ? 'pointed' : ''}`}
      onClick={(e) => (pressed.current = e.detail === 0)}
      onMouseEnter={() => point(key)} onMouseLeave={() => point(null)}
      onFocusIn={() => {
        pressed.current = false;
        point(key);
      }}
      onFocusOut={() => {
        row.current?.removeAttribute('tabindex');
        point(null);
      }}>
      <div class="box-row">
        <span class="swatch-line" style={{ background: labels.get(c.label)?.color }}
          aria-hidden="true" />
        <strong>{name(c.label)}</strong>
        <span class="muted small">
          {t.cluster(c.boxes.length, readers)}
          {c.classes_differ && ` · ${t.differ}`}
          {c.boxes.length > 1 && ` · ${t.overlap(c.least_iou.toFixed(2))}`}
        </span>
      </div>
      <Refused clusters={clusters} about={key} />
      {decided && (
        <p class="muted small">
          {t.decided[decided.decision]}
          {decided.reason && `: ${decided.reason}`}{' '}
          {!closed && !changing && (
            <button type="button" class="plain small" onClick={() => setChanging(true)}>
              {t.change}
            </button>
          )}
        </p>
      )}
      {(!decided || changing) && !closed && (
        <div class="attributes">
          {c.boxes.length > 1 && (
            <button type="button" class="tag" disabled={busy}
              onClick={() => take(c, { label: c.label, corners: c.corners }, true)}>
              {t.merge}
            </button>
          )}
          {c.boxes.map((b, i) => (
            <button key={`${b.reader} ${i}`} type="button" class="tag" disabled={busy}
              style={{ borderColor: readerColour(b.reader) }} title={name(b.label)}
              onClick={() => take(c, b, false)}>
              {t.take(b.reader)}
            </button>
          ))}
          <button type="button" class="tag" disabled={busy}
            onClick={() => {
              setChanging(false);
              onReject();
            }}>
            {t.reject}
          </button>
        </div>
      )}
    </li>
  );
}

/** Decisions that the service has not answered. */
function Unsent({ queue }: { queue: CallQueue }) {
  const { unsaved, trouble } = queue;
  if (!trouble) return null;
  const why = errorText(trouble);
  return (
    <div class="notice warn" role="status">
      {unsaved > 0 ? t.unsent(unsaved, why) : t.notLoaded(why)}{' '}
      <button type="button" onClick={() => queue.retry()}>
        {texts.reading.tryAgain}
      </button>
    </div>
  );
}

interface PanelProps {
  clusters: Clusters;
  decisions: CallQueue;
  film: number;
  labels: ReadonlyMap<number, ReadingLabel>;
  /** The chosen box, if the adjudicator drew it. */
  own: Box | null;
  closed: boolean;
}

export function ClusterPanel({ clusters, decisions, film, labels, own, closed }: PanelProps) {
  const [rejecting, setRejecting] = useState<ReadingCluster | null>(null);
  const [explaining, setExplaining] = useState(false);
  const { data, error } = clusters;
  if (!data) return error ? <Notice tone="bad">{error}</Notice> : <Unsent queue={decisions} />;
  const shown = data.clusters.filter((c) => c.film === film);
  const verdicts = data.verdicts
    .filter((v) => v.film === film)
    .sort((a, b) => a.reader.localeCompare(b.reader, undefined, { numeric: true }));
  return (
    <section>
      <h2>{t.title}</h2>
      <p class="small muted">
        {t.verdicts}:{' '}
        {verdicts.map((v) => `${v.reader} ${texts.reading.verdicts[v.verdict]}`).join(', ')}
      </p>
      {error && <Notice tone="bad">{error}</Notice>}
      <Unsent queue={decisions} />
      {shown.length === 0 && <p class="muted small">{t.none}</p>}
      <ul class="comments clusters">
        {shown.map((c) => (
          <ClusterRow key={c.cluster} cluster={c} readers={data.readers} labels={labels}
            clusters={clusters} closed={closed} onReject={() => setRejecting(c)} />
        ))}
      </ul>
      {own && clusters.unexplained.some((x) => x.box === own.box) && !closed &&
        !clusters.sending.has(own.box) && (
        <>
          <p class="small muted">{t.drawText}</p>
          <Refused clusters={clusters} about={own.box} />
          <button type="button" class="own-reason" onClick={() => setExplaining(true)}>
            {t.drawTitle}
          </button>
        </>
      )}
      {rejecting && (
        <ReasonDialog title={t.rejectTitle} question={t.reason} submit={t.reject}
          onClose={() => setRejecting(null)}
          onGive={(reason) => {
            clusters.reject(rejecting, reason);
            setRejecting(null);
          }} />
      )}
      {explaining && own && (
        <ReasonDialog title={t.drawTitle} question={t.drawReason} submit={t.record}
          onClose={() => setExplaining(false)}
          onGive={(reason) => {
            clusters.explain(film, own.box, reason);
            setExplaining(false);
          }} />
      )}
    </section>
  );
}
