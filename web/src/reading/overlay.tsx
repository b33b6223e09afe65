// The boxes over a film, in pixels of the frame.
import type { ReadingLabel } from '../api_types';
import { handles, placeOf } from './edit';
import { at, type Matrix } from './matrix';
import type { Box, Corners } from './record';
import { type Rectangle, type TextPlace, textPlaces } from './text_places';

export function onFrame(m: Matrix, [x0, y0, x1, y1]: Corners): Rectangle {
  const p = at(m, { x: x0, y: y0 });
  const q = at(m, { x: x1, y: y1 });
  return {
    x: Math.min(p.x, q.x),
    y: Math.min(p.y, q.y),
    width: Math.abs(p.x - q.x),
    height: Math.abs(p.y - q.y),
  };
}

interface ShapeProps {
  corners: Corners;
  name: string;
  colour: string;
  toFrame: Matrix;
  look: 'plain' | 'chosen' | 'draft' | 'proposed' | 'pointed';
  id?: string;
  /** Of its name. Absent: it has no neighbours. */
  place?: TextPlace | undefined;
}

export function Shape({ corners, name, colour, toFrame, look, id, place }: ShapeProps) {
  const r = onFrame(toFrame, corners);
  const text = place ?? textPlaces([{ box: r, name }])[0];
  return (
    <g class={`reading-box ${look}`} data-box={id} data-corners={corners.join(' ')}>
      <rect class="shadow" {...r} />
      <rect class="edge" {...r} stroke={colour} />
      {name && (
        <text x={text?.x} y={text?.y} fill={colour}>
          {name}
        </text>
      )}
    </g>
  );
}

const NARROW = 40; // pixels of the screen: more handles would hide the box

export function Handles({ corners, toFrame }: { corners: Corners; toFrame: Matrix }) {
  const { width, height } = onFrame(toFrame, corners);
  const narrow = Math.min(width, height) < NARROW;
  const size = narrow ? 5 : 8;
  const shown = handles.filter((h) => !narrow || (h.x !== 0 && h.y !== 0));
  return (
    <g class="handles">
      {shown.map((h) => {
        const p = at(toFrame, placeOf(corners, h));
        const [x, y] = [p.x - size / 2, p.y - size / 2];
        return <rect key={`${h.x} ${h.y}`} x={x} y={y} width={size} height={size} />;
      })}
    </g>
  );
}

/** A box that is not the reader's: of the networks, or of a reader whose study is adjudicated. */
export interface Mark {
  id: string;
  label: number;
  text: string;
  corners: Corners;
  /** Absent: that of its label. */
  colour?: string;
  /** It is looked at in a list. */
  strong?: boolean;
}

interface OverlayProps {
  boxes: readonly Box[];
  marks: readonly Mark[];
  labels: ReadonlyMap<number, ReadingLabel>;
  toFrame: Matrix;
  chosen: string | null;
  /** What a gesture makes of the chosen box. */
  changed: Corners | null;
  /** A box that is being drawn. */
  draft: { corners: Corners; label: number; size: string } | null;
}

export function Boxes(props: OverlayProps) {
  const { boxes, marks, labels, toFrame, chosen, changed, draft } = props;
  const name = (label: number): string => labels.get(label)?.name ?? '';
  const colour = (label: number): string => labels.get(label)?.color || '#ffffff';
  const last = boxes.find((b) => b.box === chosen);
  const shape = (b: Box, corners: Corners): ShapeProps => ({
    corners,
    name: name(b.label),
    colour: colour(b.label),
    toFrame,
    look: b.box === chosen ? 'chosen' : 'plain',
    id: b.box,
  });
  const others = boxes.filter((b) => b !== last);
  // the chosen one comes last, so that no other name moves with it
  const places = textPlaces([
    ...others.map((b) => ({ box: onFrame(toFrame, b.corners), name: name(b.label) })),
    ...marks.map((m) => ({ box: onFrame(toFrame, m.corners), name: m.text })),
    ...(last
      ? [{ box: onFrame(toFrame, changed ?? last.corners), name: name(last.label) }]
      : []),
  ]);
  return (
    <>
      {marks.map((m, i) => (
        <Shape key={m.id} id={m.id} corners={m.corners} name={m.text} toFrame={toFrame}
          colour={m.colour ?? colour(m.label)} place={places[others.length + i]}
          look={m.id === chosen || m.strong ? 'pointed' : 'proposed'} />
      ))}
      {others.map((b, i) => (
        <Shape key={b.box} {...shape(b, b.corners)} place={places[i]} />
      ))}
      {last && (
        <Shape key={last.box} {...shape(last, changed ?? last.corners)}
          place={places[places.length - 1]} />
      )}
      {last && <Handles corners={changed ?? last.corners} toFrame={toFrame} />}
      {draft && (
        <Shape corners={draft.corners} name={draft.size} toFrame={toFrame}
          colour={colour(draft.label)} look="draft" />
      )}
    </>
  );
}
