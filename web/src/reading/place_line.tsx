// The line at the bottom: what is under the cursor, and how its film is shown.
import { texts } from '../texts';
import { boxSize } from './box_size';
import type { Hover } from './film_frame';
import type { LoadedFilm } from './film_store';
import { startWindow } from './grey';
import type { Shown } from './study_keys';
import { presetName } from './tool_bar';
import { titleOf } from './use_films';
import type { Study } from './use_study';

const t = texts.reading.status;

interface PlaceProps {
  study: Study;
  /** The films on the page. */
  visible: readonly number[];
  hover: Hover | null;
  loaded: ReadonlyMap<number, LoadedFilm>;
  shown: (film: number) => Shown | null;
}

const short = (v: number): string => (Math.abs(v) >= 100 ? v.toFixed(0) : v.toPrecision(3));

/** All of it is of the film under the cursor, or of the active one, and with two films it says of
 * which. A film may leave the page while the cursor is on it. */
export function Place({ study: s, visible, hover, loaded, shown }: PlaceProps) {
  const at = hover && visible.includes(hover.film) ? hover : null;
  const film = at?.film ?? s.film;
  const description = loaded.get(film)?.description;
  if (!description) return null;
  const { choice } = s.look(film);
  const w = startWindow(description, choice);
  return (
    <span class="place">
      {visible.length > 1 && <span>{titleOf(s.films, film)}</span>}
      {at && <span>{t.place(Math.floor(at.x), Math.floor(at.y))}</span>}
      {at && at.value !== null && <span>{t.value(short(at.value))}</span>}
      {s.box?.film === film && <span>{boxSize(s.box.corners, description.spacing)}</span>}
      <span>{t.zoom(Math.round((shown(film)?.pose.scale ?? 1) * 100))}</span>
      <span title={presetName(description, choice)}>
        {t.window(Math.round(w.center), Math.round(w.width))}
      </span>
    </span>
  );
}
