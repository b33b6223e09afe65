// Affine maps of the plane, as SVG and canvas write them: (x, y) -> (a x + c y + e, b x + d y + f).

export type Matrix = readonly [number, number, number, number, number, number];

export interface Point {
  x: number;
  y: number;
}

export const at = ([a, b, c, d, e, f]: Matrix, p: Point): Point => ({
  x: a * p.x + c * p.y + e,
  y: b * p.x + d * p.y + f,
});

/** The matrix must not be singular. */
export function inverse([a, b, c, d, e, f]: Matrix): Matrix {
  const det = a * d - b * c;
  return [
    d / det,
    -b / det,
    -c / det,
    a / det,
    (c * f - d * e) / det,
    (b * e - a * f) / det,
  ];
}

/** First the map, then everything `factor` times as large. */
export const scaled = (m: Matrix, factor: number): Matrix => {
  const [a, b, c, d, e, f] = m;
  return [a * factor, b * factor, c * factor, d * factor, e * factor, f * factor];
};
