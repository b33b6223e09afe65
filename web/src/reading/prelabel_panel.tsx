// Boxes of the networks as a first draft: threshold, and what was done with them.
import type { ReadingPrelabels } from '../api_types';
import { texts } from '../texts';
import { type KeyTable, keyName } from './key_table';

const t = texts.reading;

interface PrelabelProps {
  keys: KeyTable;
  /** null: they may not be seen yet. */
  prelabels: ReadingPrelabels | null;
  threshold: number;
  shown: number;
  all: number;
  /** Of mode "after": the reader may compare now. */
  onCompare: (() => void) | null;
  onThreshold: (threshold: number) => void;
}

export function PrelabelPanel(props: PrelabelProps) {
  const { keys, prelabels, threshold, shown, all, onCompare } = props;
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
