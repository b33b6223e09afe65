// The line at the bottom: what is saved.
import type { CallQueue } from './call_queue';
import type { QueueState } from './op_queue';
import { texts } from '../texts';

const t = texts.reading;

interface SavedProps {
  state: QueueState;
  /** Of the adjudicator. */
  decisions: CallQueue;
  onRetry: () => void;
  onDiscard: () => void;
}

const reasonOf = (problem: string): string => {
  if (problem === 'late') return '';
  return problem === 'network' ? t.unreachable : t.failing(problem);
};

/** Decisions that the service does not have. */
function undecidedText({ unsaved, trouble }: CallQueue): string {
  if (!trouble) return t.undecided(unsaved, '');
  const { status, message } = trouble;
  return t.undecided(unsaved, status ? t.failing(`${status} ${message}`.trim()) : t.unreachable);
}

/** What is saved, and where the rest is. */
export function savedText({ unsaved, problem, kept }: QueueState): string {
  if (unsaved === 0) return kept === false ? t.savedOnly : t.saved;
  if (problem === '') return t.unsaved(unsaved);
  const text = kept === null ? t.isWritten : kept ? t.isKept : t.notKept;
  return text(unsaved, reasonOf(problem));
}

export function Saved({ state, decisions, onRetry, onDiscard }: SavedProps) {
  const { unsaved, problem, refused } = state;
  if (refused)
    return (
      <span class="saved bad" role="alert">
        <span class="saved-text" tabIndex={0}>
          {t.refused(problem)}
        </span>
        <button type="button" onClick={onRetry}>
          {t.tryAgain}
        </button>
        <button type="button" class="danger" onClick={onDiscard}>
          {t.discard}
        </button>
      </span>
    );
  const open = decisions.unsaved;
  const marks = unsaved > 0 || open === 0 ? savedText(state) : '';
  const text = open === 0 ? marks : `${marks} ${undecidedText(decisions)}`.trim();
  const fails = problem !== '' || (open > 0 && decisions.trouble !== null);
  const tone = fails ? 'warn' : unsaved + open > 0 ? 'busy' : 'good';
  return (
    <span class={`saved ${tone}`} role="status" title={t.lineState[tone]}
      data-unsaved={unsaved + open}>
      <span class="saved-text">{text}</span>
      {fails && problem !== 'late' && (
        <button type="button" onClick={onRetry}>
          {t.tryAgain}
        </button>
      )}
    </span>
  );
}
