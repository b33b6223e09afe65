// The one or two films in the middle of the page.
import { Notice } from '../parts';
import { texts } from '../texts';
import type { LoadedFilm } from './film_store';
import { FilmFrame, type Hover } from './film_frame';
import type { Controls } from './key_table';
import type { Mark } from './overlay';
import type { Size } from './pose';
import { boxesOf } from './record';
import { loadAgain, titleOf } from './use_films';
import type { Study } from './use_study';

const t = texts.reading;

interface FilmsProps {
  controls: Controls;
  study: Study;
  shown: readonly number[];
  loaded: ReadonlyMap<number, LoadedFilm>;
  marks: (film: number) => readonly Mark[];
  magnifier: boolean;
  hidden: boolean;
  onHover: (hover: Hover | null) => void;
  onFrame: (film: number, frame: Size) => void;
}

function Waiting({ loaded, film, title }: { loaded: LoadedFilm; film: number; title: string }) {
  const { error } = loaded;
  return (
    <figure class="reading-film">
      <figcaption>
        <strong>{title}</strong>
      </figcaption>
      <div class="reading-frame none">
        {error ? (
          <div>
            <Notice tone="bad">
              {t.filmFailed(error)}
            </Notice>
            <button type="button" onClick={() => loadAgain(film)}>
              {texts.retryLoad}
            </button>
          </div>
        ) : (
          <p class="muted">{t.loadingFilm}</p>
        )}
      </div>
    </figure>
  );
}

export function StudyFilms(props: FilmsProps) {
  const { controls, study: s, shown, loaded, marks, magnifier, hidden, onHover, onFrame } = props;
  return (
    <div class="reading-films">
      {shown.map((film) => {
        const state = loaded.get(film);
        const data = s.films.find((f) => f.film === film);
        const title = titleOf(s.films, film);
        if (!data || !state) return null;
        if (!state.description) return <Waiting key={film} {...{ loaded: state, film, title }} />;
        return (
          <FilmFrame key={film} controls={controls} film={data} title={title}
            description={state.description} levels={state.levels} look={s.look(film)}
            active={film === s.film} magnifier={magnifier} hidden={hidden}
            boxes={boxesOf(s.reading, film)}
            marks={marks(film)} labels={s.labels}
            label={s.label} chosen={film === s.film ? s.chosen : null}
            canDraw={() => s.canDraw(film)}
            onLook={(look) => s.setLook(film, look)} onChoose={s.choose}
            onDraw={(corners) => s.draw(film, corners)}
            onTooSmall={() => s.refuse(t.tooSmall)}
            onChange={(b, corners) => s.change(b, { corners })}
            onActive={() => s.activate(film)} onHover={onHover}
            onFrame={(frame) => onFrame(film, frame)} />
        );
      })}
    </div>
  );
}
