// The verdict of a film, tags of film and study, how sure the reader is.
import { useState } from 'preact/hooks';
import type { ReadingLabel } from '../api_types';
import { Dialog } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_REASON, trimmed } from '../typed';
import { type KeyTable, keyName } from './key_table';
import type { FilmRecord, StudyRecord } from './record';

const t = texts.reading;

interface VerdictProps {
  keys: KeyTable;
  record: FilmRecord;
  boxes: number;
  closed: boolean;
  onNormal: () => void;
  onAbnormal: () => void;
  onReject: () => void;
  onOpen: () => void;
}

export function Verdict(props: VerdictProps) {
  const { record, boxes, closed } = props;
  const { verdict, reason } = record;
  return (
    <div class="verdict" data-verdict={verdict}>
      <div class="verdict-head">
        <h2>{t.verdict}</h2>
        <p class={`verdict-state ${verdict || 'open'}`} role="status">
          {t.verdicts[verdict]}
          {verdict === 'rejected' && reason && <small>{reason}</small>}
        </p>
      </div>
      <div class="verdict-buttons">
        <button type="button" disabled={closed || boxes > 0} aria-pressed={verdict === 'normal'}
          onClick={props.onNormal}>
          {t.verdicts.normal} <kbd>{keyName(props.keys.noFinding)}</kbd>
        </button>
        <button type="button" disabled={closed || (verdict === 'abnormal' && boxes > 0)}
          aria-pressed={verdict === 'abnormal'}
          onClick={verdict === 'abnormal' ? props.onOpen : props.onAbnormal}>
          {t.verdicts.abnormal}
        </button>
        <button type="button" disabled={closed} aria-pressed={verdict === 'rejected'}
          onClick={verdict === 'rejected' ? props.onOpen : props.onReject}>
          {verdict === 'rejected' ? t.verdicts.rejected : t.reject}{' '}
          <kbd>{keyName(props.keys.reject)}</kbd>
        </button>
      </div>
    </div>
  );
}

/** Films that two pages gave different verdicts. The place is always there, so that what appears in
 * it is announced. */
export function Conflicts(props: {
  films: { film: number; title: string }[];
  onShow: (film: number) => void;
  onDismiss: () => void;
}) {
  const { films, onShow, onDismiss } = props;
  return (
    <div class="verdict-conflicts" role="alert">
      {films.length > 0 && (
        <>
          <p>{t.conflict(films.map((f) => f.title).join(', '))}</p>
          <div class="attributes">
            {films.map(({ film, title }) => (
              <button key={film} type="button" class="tag" onClick={() => onShow(film)}>
                {t.conflictShow(title)}
              </button>
            ))}
            <button type="button" class="tag" onClick={onDismiss}>
              {t.conflictDismiss}
            </button>
          </div>
        </>
      )}
    </div>
  );
}

interface TagsProps {
  title: string;
  labels: readonly ReadingLabel[];
  tags: readonly number[];
  closed: boolean;
  onToggle: (label: number) => void;
}

export function Tags({ title, labels, tags, closed, onToggle }: TagsProps) {
  const shown = labels.filter((l) => !l.retired || tags.includes(l.label));
  if (shown.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <div class="attributes" role="group" aria-label={title}>
        {shown.map((l) => (
          <button key={l.label} type="button" class="tag" disabled={closed}
            aria-pressed={tags.includes(l.label)} onClick={() => onToggle(l.label)}>
            {l.name}
          </button>
        ))}
      </div>
    </section>
  );
}

export function Confidence(props: {
  study: StudyRecord;
  closed: boolean;
  onGive: (confidence: number) => void;
}) {
  const { confidence } = props.study;
  return (
    <label class="slider confidence">
      <span>{t.confidence}</span>
      <output>{confidence === null ? t.confidenceNone : confidence}</output>
      <input type="range" min="0" max="100" step="1" disabled={props.closed}
        value={confidence ?? 50} class={confidence === null ? 'unset' : ''}
        onChange={(e) => props.onGive(Number(e.currentTarget.value))}
        onClick={(e) => confidence === null && props.onGive(Number(e.currentTarget.value))}
        onKeyDown={(e) => {
          // where it stands is a number, too, which no key moves it to
          if (confidence !== null || (e.key !== ' ' && e.key !== 'Enter')) return;
          e.preventDefault();
          props.onGive(Number(e.currentTarget.value));
        }} />
    </label>
  );
}

export function RejectDialog(props: { onReject: (reason: string) => void; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    if (trimmed(reason)) props.onReject(trimmed(reason));
  };
  return (
    <Dialog title={t.rejectTitle} onClose={props.onClose}>
      <form onSubmit={submit}>
        <p>{t.rejectText}</p>
        <div class="reasons">
          {t.rejectReasons.map((r) => (
            <button key={r} type="button" class="tag" aria-pressed={reason === r}
              onClick={() => setReason(r)}>
              {r}
            </button>
          ))}
        </div>
        <TextField label={t.rejectReason} required autofocus value={reason} most={MOST_REASON}
          onText={setReason} />
        <div class="buttons">
          <button type="button" onClick={props.onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="danger" disabled={!trimmed(reason)}>
            {t.rejectSubmit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
