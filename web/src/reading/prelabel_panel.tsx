// Boxes of the networks as a first draft: threshold, and what was done with them, or why there are
// none.
import type { ReadingPrelabels, ReadingTask } from '../api_types';
import { texts } from '../texts';
import { type KeyTable, keyName } from './key_table';

const t = texts.reading;

interface PrelabelProps {
  keys: KeyTable;
  mode: ReadingTask['prelabels'];
  /** The service has weights. */
  predicts: boolean;
  /** null: they may not be seen yet. */
  prelabels: ReadingPrelabels | null;
  threshold: number;
  shown: number;
  all: number;
  /** Of mode "after": the reader may compare now. */
  onCompare: (() => void) | null;
  onThreshold: (threshold: number) => void;
}

/** Why there are none, if the page knows that. */
function whyNone({ mode, prelabels, predicts }: PrelabelProps): string {
  const none = mode === 'none';
  if (!none && prelabels?.set !== null) return '';
  const why = none ? t.prelabelsNone : t.prelabelsMissing;
  return predicts ? why : `${why} ${t.noWeights}`;
}

export function PrelabelPanel(props: PrelabelProps) {
  const { keys, prelabels, threshold, shown, all, onCompare } = props;
  const why = whyNone(props);
  if (why)
    return (
      <section class="muted small">{why}</section>
    );
  if (!prelabels && !onCompare) return null;
  return (
    <section>
      <h2>{t.prelabels}</h2>
      {onCompare ? (
        <>
          <button type="button" onClick={onCompare}>
            {t.prelabelsAfter}
          </button>
          <p class="muted small">{t.prelabelsAfterText}</p>
        </>
      ) : (
        <label class="slider">
          <span>{t.threshold}</span>
          <output>{threshold.toFixed(2)}</output>
          <input type="range" min="0" max="1" step="0.01" value={threshold}
            onInput={(e) => props.onThreshold(Number(e.currentTarget.value))} />
          <small>
            {t.prelabelCount(shown, all)} · <kbd>{keyName(keys.accept)}</kbd> {t.accept}{' '}
            <kbd>{keyName(keys.rejectBox)}</kbd> {t.rejectBox}
          </small>
        </label>
      )}
    </section>
  );
}
