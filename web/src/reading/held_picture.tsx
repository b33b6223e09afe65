// A film in a dialog, in full and as bright as it can be: text is found in the dark, too.
import { useMemo, useRef } from 'preact/hooks';
import { Notice } from '../parts';
import { texts } from '../texts';
import { FilmPicture } from './film_picture';
import { useDeviceRatio, useFrameSize } from './frame_size';
import { greyTable, presetsOf } from './grey';
import { filmToFrame, fitted } from './pose';
import { loadAgain, useFilms } from './use_films';

const t = texts.reading;

export function HeldPicture({ film }: { film: number }) {
  const element = useRef<HTMLDivElement>(null);
  const frame = useFrameSize(element);
  const ratio = useDeviceRatio();
  const loaded = useFilms(useMemo(() => [{ film }], [film])).get(film);
  const d = loaded?.description;
  const greys = useMemo(() => {
    const full = d && presetsOf(d).find((p) => p.name === 'full');
    return d ? greyTable(d, full?.choice ?? null, false) : null;
  }, [d]);
  const size = d ?? { width: 1, height: 1 };
  return (
    <div class="held-picture" ref={element}>
      {loaded?.error ? (
        <>
          <Notice tone="bad">{t.filmFailed(loaded.error)}</Notice>
          <button type="button" onClick={() => loadAgain(film)}>
            {texts.retryLoad}
          </button>
        </>
      ) : (
        greys && (
          <FilmPicture levels={loaded?.levels ?? []} greys={greys} frame={frame} ratio={ratio}
            toFrame={filmToFrame(fitted(size, frame), frame)} />
        )
      )}
    </div>
  );
}
