// Changes of this page, or of an earlier one, that gave way to what another page had saved: the
// reader is told both, and can make the change again.
import type { ReadingLabel } from '../api_types';
import { texts } from '../texts';
import type { Difference, LostChanges } from './merge_fields';
import type { Box } from './record';

const t = texts.reading;

type Labels = ReadonlyMap<number, ReadingLabel>;

const nameOf = (labels: Labels, b: Box): string => labels.get(b.label)?.name ?? '';

function lostText(labels: Labels, here: Box, lost: LostChanges): string {
  const parts: string[] = [];
  if (lost.label) parts.push(t.differs.label(nameOf(labels, here)));
  if (lost.corners) parts.push(t.differs.corners);
  if (lost.attributes.length > 0) parts.push(t.differs.attributes(lost.attributes.join(', ')));
  return parts.join(', ');
}

function textOf(d: Difference, labels: Labels, title: (film: number) => string): string {
  const given = (c: number | null): string => (c === null ? t.confidenceNone : String(c));
  switch (d.kind) {
    case 'confidence':
      return t.differs.confidence(given(d.saved), given(d.here));
    case 'reason':
      return t.differs.reason(title(d.film), d.saved, d.here);
    case 'box':
      return t.differs.box(
        nameOf(labels, d.saved),
        title(d.film),
        lostText(labels, d.here, d.lost),
      );
  }
}

/** The place is always there, so that what appears in it is announced. */
export function Differences(props: {
  differences: readonly Difference[];
  labels: Labels;
  title: (film: number) => string;
  onShow: (film: number, box: string | null) => void;
  onDismiss: () => void;
}) {
  const { differences, labels, title, onShow } = props;
  return (
    <div class="differences" role="alert">
      {differences.map((d) => {
        const text = textOf(d, labels, title);
        return (
          <p key={text}>
            {text}{' '}
            {d.kind !== 'confidence' && (
              <button type="button" class="tag"
                onClick={() => onShow(d.film, d.kind === 'box' ? d.here.box : null)}>
                {t.conflictShow(d.kind === 'box' ? nameOf(labels, d.saved) : title(d.film))}
              </button>
            )}
          </p>
        );
      })}
      {differences.length > 0 && (
        <div class="attributes">
          <button type="button" class="tag" onClick={props.onDismiss}>
            {t.conflictDismiss}
          </button>
        </div>
      )}
    </div>
  );
}
