// The films of a study, in the order in which they are shown, and what is loaded of them.
import { useEffect, useState } from 'preact/hooks';
import type { ReadingFilm } from '../api_types';
import { texts } from '../texts';
import { filmLoad, type LoadedFilm } from './film_store';

const frontal = /^(AP|PA|FRONTAL)$/i;
const lateral = /^(LL|RL|LAT|LATERAL)$/i;

const rank = (f: ReadingFilm): number =>
  frontal.test(f.view) ? 0 : lateral.test(f.view) ? 1 : 2;

/** Frontal films first, so that they are on the left. */
export const inOrder = (films: readonly ReadingFilm[]): ReadingFilm[] =>
  [...films].sort((a, b) => rank(a) - rank(b));

export function titleOf(films: readonly ReadingFilm[], film: number): string {
  const i = films.findIndex((f) => f.film === film);
  const f = films[i];
  const t = texts.reading;
  if (!f) return '';
  const name = frontal.test(f.view) ? t.views.frontal : lateral.test(f.view) ? t.views.lateral : '';
  const same = films.filter((other) => rank(other) === rank(f)).length > 1;
  if (!name) return f.view ? `${t.film(i + 1)} · ${f.view}` : t.film(i + 1);
  return same ? `${t.film(i + 1)} · ${name}` : name;
}

/** Loads films that are shown. */
export function useFilms(films: readonly Pick<ReadingFilm, 'film'>[]): Map<number, LoadedFilm> {
  const [, setCount] = useState(0);
  const key = films.map((f) => f.film).join(' ');
  useEffect(() => {
    const stops = films.map((f) => filmLoad(f.film).listen(() => setCount((n) => n + 1)));
    setCount((n) => n + 1);
    return () => stops.forEach((stop) => stop());
  }, [key]);
  return new Map(films.map((f) => [f.film, filmLoad(f.film).state]));
}

/** Tries again to load a film that failed. */
export const loadAgain = (film: number): void => void filmLoad(film).load();
