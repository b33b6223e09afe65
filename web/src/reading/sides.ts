// The patient's sides at the edges of the frame: the letters of PatientOrientation, moved by the
// matrix that moves the film, so that they stay right when it is turned or mirrored. A film that
// does not say how the patient stood has none: a guess could show the wrong side.
import type { Matrix } from './matrix';

export interface Sides {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

const opposites: Record<string, string> = { A: 'P', P: 'A', R: 'L', L: 'R', H: 'F', F: 'H' };

const opposite = (letters: string): string =>
  [...letters].map((letter) => opposites[letter] ?? '').join('');

/** `orientation`: where the film's rows and columns lead. */
export function sidesOf(
  orientation: readonly string[] | null | undefined,
  [a, b, c, d]: Matrix,
): Sides | null {
  const [rows, columns] = orientation ?? [];
  if (!rows || !columns) return null;
  const along = (x: number, y: number): string =>
    x !== 0 ? (x > 0 ? rows : opposite(rows)) : y > 0 ? columns : opposite(columns);
  const [right, bottom] = [along(a, c), along(b, d)];
  return { left: opposite(right), right, top: opposite(bottom), bottom };
}
