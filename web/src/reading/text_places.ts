// Where the names of boxes stand, in pixels of the frame: above their boxes, and over one another
// where boxes lie on one another, as those of several readers do.

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface NamedBox {
  box: Rectangle;
  name: string;
}

export interface TextPlace {
  x: number;
  y: number;
}

const LINE = 14;
const LETTER = 7; // a little more than most letters have, in reading.css

interface Taken extends TextPlace {
  width: number;
}

/** Places of the base lines, in the order of the boxes. A box at the upper edge of the frame has
 * its name inside. Lines stand on whole pixels: their differences are exact, so that a line above
 * another is not found to be under it. */
export function textPlaces(boxes: readonly NamedBox[]): TextPlace[] {
  const taken: Taken[] = [];
  const under = (t: Taken): Taken | undefined =>
    taken.find((o) =>
      Math.abs(o.y - t.y) < LINE && t.x < o.x + o.width && o.x < t.x + t.width);
  const placeOf = ({ box, name }: NamedBox): Taken => {
    const width = name.length * LETTER;
    const at: Taken = { x: Math.max(box.x, 2), y: Math.round(box.y) - 5, width };
    for (let o = under(at); o; o = under(at)) at.y = o.y - LINE;
    if (at.y >= LINE - 3) return at;
    at.y = Math.round(Math.max(box.y, 0)) + LINE;
    for (let o = under(at); o; o = under(at)) at.y = o.y + LINE;
    return at;
  };
  for (const b of boxes) taken.push(placeOf(b));
  return taken.map(({ x, y }) => ({ x, y }));
}
