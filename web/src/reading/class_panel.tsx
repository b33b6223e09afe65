// The findings with their keys and counts, and the attributes of the chosen box.
import type { ReadingLabel } from '../api_types';
import { texts } from '../texts';
import { boxSize } from './box_size';
import { keyName } from './key_table';
import type { Box } from './record';

const t = texts.reading;

interface ClassProps {
  labels: readonly ReadingLabel[];
  active: number;
  counts: ReadonlyMap<number, number>;
  onPick: (label: number) => void;
}

export function ClassList({ labels, active, counts, onPick }: ClassProps) {
  const shown = labels.filter((l) => l.kind === 'box' && (!l.retired || counts.get(l.label)));
  return (
    <ul class="classes">
      {shown.map((l) => (
        <li key={l.label}>
          <button type="button" aria-pressed={l.label === active} disabled={l.retired}
            onClick={() => onPick(l.label)} data-label={l.label}>
            <span class="swatch-line" style={{ background: l.color }} aria-hidden="true" />
            <span class="class-name">{l.name}</span>
            <span class="class-count">{counts.get(l.label) || ''}</span>
            {l.code && !l.retired && <kbd>{keyName(l.code)}</kbd>}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface BoxListProps {
  boxes: readonly Box[];
  labels: ReadonlyMap<number, ReadingLabel>;
  chosen: string | null;
  spacing: readonly number[] | null;
  onChoose: (box: string) => void;
  onAttribute: (box: Box, attribute: string) => void;
  onDelete: (box: Box) => void;
  closed: boolean;
}

export function BoxList(props: BoxListProps) {
  const { boxes, labels, chosen, spacing, closed } = props;
  if (boxes.length === 0) return <p class="muted small">{t.noBoxes}</p>;
  return (
    <ul class="box-list">
      {boxes.map((b) => {
        const label = labels.get(b.label);
        const name = label?.name ?? '';
        return (
          <li key={b.box} class={b.box === chosen ? 'chosen' : ''}>
            <div class="box-row">
              <button type="button" class="plain" aria-pressed={b.box === chosen}
                onClick={() => props.onChoose(b.box)}>
                <span class="swatch-line" style={{ background: label?.color }} aria-hidden="true" />
                {name}
              </button>
              <span class="muted small">{boxSize(b.corners, spacing)}</span>
              {!closed && (
                <button type="button" class="plain" aria-label={`${t.remove}: ${name}`}
                  onClick={() => props.onDelete(b)}>
                  ×
                </button>
              )}
            </div>
            {b.box === chosen && !closed && (label?.attributes.length ?? 0) > 0 && (
              <div class="attributes" role="group" aria-label={t.attributes}>
                {label?.attributes.map((a) => (
                  <button key={a} type="button" class="tag" aria-pressed={b.attributes.includes(a)}
                    onClick={() => props.onAttribute(b, a)}>
                    {a}
                  </button>
                ))}
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
