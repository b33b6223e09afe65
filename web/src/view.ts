// Where a film is on the screen: its pixel (x, y) is at (left + x * scale, top + y * scale).

export interface View {
  left: number;
  top: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const MOST = 16; // screen pixels of a pixel of the film

export function fit(film: Size, screen: Size): View {
  const scale = Math.min(screen.width / film.width, screen.height / film.height);
  return {
    left: (screen.width - film.width * scale) / 2,
    top: (screen.height - film.height * scale) / 2,
    scale,
  };
}

/** Keeps a part of the film on the screen. */
function bounded(view: View, film: Size, screen: Size): View {
  const rest = 40;
  const between = (x: number, least: number, most: number): number =>
    Math.min(Math.max(x, least), most);
  return {
    ...view,
    left: between(view.left, rest - film.width * view.scale, screen.width - rest),
    top: between(view.top, rest - film.height * view.scale, screen.height - rest),
  };
}

/** Zooms by a factor; the point (x, y) of the screen stays where it is. */
export function zoom(
  view: View,
  film: Size,
  screen: Size,
  factor: number,
  x = screen.width / 2,
  y = screen.height / 2,
): View {
  const whole = fit(film, screen);
  const scale = Math.min(Math.max(view.scale * factor, whole.scale), Math.max(MOST, whole.scale));
  if (scale === whole.scale) return whole;
  const by = scale / view.scale;
  return bounded({ left: x - (x - view.left) * by, top: y - (y - view.top) * by, scale }, film,
    screen);
}

export const move = (view: View, film: Size, screen: Size, dx: number, dy: number): View =>
  bounded({ ...view, left: view.left + dx, top: view.top + dy }, film, screen);
