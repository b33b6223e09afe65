// The size of a box as people read it: in millimetres where the film says how large its pixels are.
import { texts } from '../texts';
import type { Corners } from './record';

const t = texts.reading.status;

/** `spacing`: mm from row to row and from column to column; null: not known. */
export function boxSize([x0, y0, x1, y1]: Corners, spacing: readonly number[] | null): string {
  const [row, column] = spacing ?? [];
  return row && column
    ? t.size(((x1 - x0) * column).toFixed(1), ((y1 - y0) * row).toFixed(1))
    : t.pixels((x1 - x0).toFixed(0), (y1 - y0).toFixed(0));
}
