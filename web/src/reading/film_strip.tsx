// The films of a study, small, with their verdicts.
import { useEffect, useRef } from 'preact/hooks';
import type { ReadingFilm } from '../api_types';
import { texts } from '../texts';
import { putSamples } from './film_canvas';
import type { LoadedFilm } from './film_store';
import { greyTable } from './grey';
import { boxesOf, filmOf, type Reading } from './record';

const t = texts.reading;
const WIDTH = 84;

function Thumbnail({ loaded }: { loaded: LoadedFilm | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const small = loaded?.levels.find((l) => l.level === 8);
  const d = loaded?.description;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !small || !d) return;
    putSamples(context, small.samples, greyTable(d, null, false));
  }, [small, d]);
  const height = small ? Math.round((WIDTH * small.height) / small.width) : 110;
  return (
    <canvas ref={canvas} width={small?.width ?? 1} height={small?.height ?? 1}
      style={{ width: `${WIDTH}px`, height: `${Math.min(height, 200)}px` }} aria-hidden="true" />
  );
}

interface StripProps {
  films: readonly ReadingFilm[];
  titles: (film: number) => string;
  loaded: ReadonlyMap<number, LoadedFilm>;
  reading: Reading;
  active: number;
  onActive: (film: number) => void;
}

const signs = { '': '○', normal: '✓', abnormal: '●', rejected: '✕' };

export function FilmStrip({ films, titles, loaded, reading, active, onActive }: StripProps) {
  return (
    <ul class="strip">
      {films.map(({ film }) => {
        const { verdict } = filmOf(reading, film);
        const boxes = boxesOf(reading, film).length;
        return (
          <li key={film}>
            <button type="button" aria-current={film === active} onClick={() => onActive(film)}>
              <Thumbnail loaded={loaded.get(film)} />
              <span class="strip-name">{titles(film)}</span>
              <small class={`strip-verdict ${verdict || 'open'}`}>
                <span aria-hidden="true">{signs[verdict]}</span> {t.verdicts[verdict]}
                {boxes > 0 && ` · ${boxes}`}
              </small>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
