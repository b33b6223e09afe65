// The pixels of films, loaded once: the small levels first. The next films are loaded before they
// are shown.
import { ApiError, getBlob, get, route } from '../api';
import type { FilmPixels } from '../api_types';
import { errorText } from '../load';
import { texts } from '../texts';
import type { PixelLevel } from './pixel_level';
import { unpackBlob } from './unpack';

export interface LoadedFilm {
  description: FilmPixels | null;
  levels: PixelLevel[];
  error: string;
}

const LEVELS = [8, 4, 1];
const MOST = 6; // films in memory that no page shows

class FilmLoad {
  state: LoadedFilm = { description: null, levels: [], error: '' };
  private readonly listeners = new Set<() => void>();

  constructor(private readonly film: number) {
    void this.load();
  }

  private change(part: Partial<LoadedFilm>): void {
    this.state = { ...this.state, ...part };
    for (const tell of this.listeners) tell();
  }

  async load(): Promise<void> {
    try {
      this.change({ error: '' });
      const description = get<FilmPixels>(route`/api/reading/films/${this.film}`);
      // it is awaited below; where the pixels fail first, nobody would handle its failure
      description.catch(() => undefined);
      for (const level of LEVELS) {
        if (this.state.levels.some((p) => p.level === level)) continue;
        const blob = await getBlob(route`/api/reading/films/${this.film}/pixels/${level}`);
        const unpacked = await unpackBlob(blob);
        this.change({ description: await description, levels: [...this.state.levels, unpacked] });
      }
    } catch (e) {
      const known = e instanceof ApiError;
      this.change({ error: known ? errorText(e) : texts.reading.brokenPixels });
    }
  }

  get isShown(): boolean {
    return this.listeners.size > 0;
  }

  /** The film stays in memory until the returned function is called. */
  listen(tell: () => void): () => void {
    this.listeners.add(tell);
    return () => {
      this.listeners.delete(tell);
      forgetOldest();
    };
  }
}

const loads = new Map<number, FilmLoad>();

function forgetOldest(): void {
  const idle = [...loads].filter(([, load]) => !load.isShown);
  for (const [film] of idle.slice(0, Math.max(idle.length - MOST, 0))) loads.delete(film);
}

/** Begins to load a film, unless it is there. */
export function filmLoad(film: number): FilmLoad {
  const known = loads.get(film);
  if (known) return known;
  const load = new FilmLoad(film);
  loads.set(film, load);
  return load;
}
