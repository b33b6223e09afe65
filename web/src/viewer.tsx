// A film with the boxes of its findings, to zoom and move.
import { useRef } from 'preact/hooks';

import type { Film, FilmResult, Finding } from './api_types';
import { colourOf } from './colours';
import type { Place } from './labels';
import { labelPlaces } from './labels';
import { usePicture } from './picture';
import { texts } from './texts';
import { useView } from './use_view';
import type { View } from './view';

const t = texts.viewer;

interface BoxesProps {
  findings: Finding[];
  view: View;
  chosen: Finding | null;
  onChoose: (finding: Finding | null) => void;
}

/** Labels have a size on the screen, boxes one on the film. */
function Boxes({ findings, view, chosen, onChoose }: BoxesProps) {
  const places = labelPlaces(findings, view);
  const place = `translate(${view.left} ${view.top}) scale(${view.scale})`;
  return (
    <>
      <g transform={place}>
        {findings.map((f, i) => {
          const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = f.box;
          return (
            <rect
              key={i}
              class={`box ${f.operating_point === 'specific' ? '' : 'dashed'} ${
                f === chosen ? 'chosen' : ''
              }`}
              x={x0}
              y={y0}
              width={x1 - x0}
              height={y1 - y0}
              stroke={colourOf(f.label)}
              data-name={f.name}
              onPointerEnter={() => onChoose(f)}
              onPointerLeave={() => onChoose(null)}
            />
          );
        })}
      </g>
      {findings.map((f, i) => (
        <Label key={i} finding={f} view={view} place={places[i]} chosen={f === chosen} />
      ))}
    </>
  );
}

interface LabelProps {
  finding: Finding;
  view: View;
  place: Place | undefined;
  chosen: boolean;
}

function Label({ finding, view, place, chosen }: LabelProps) {
  const y1 = finding.box[3] ?? 0;
  if (!place || view.top + y1 * view.scale < 0) return null; // above the frame
  const text = `${finding.name} ${finding.score.toFixed(2)}`;
  return (
    <text class={chosen ? 'label chosen' : 'label'} {...place} fill={colourOf(finding.label)}>
      {text}
    </text>
  );
}

interface CanvasProps extends ViewerProps {
  result: FilmResult;
  source: string;
}

function Canvas({ film, result, title, source, boxes, inverted, chosen, onChoose }: CanvasProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { view, screen, handlers, whole, closer, farther } = useView(frame, result);
  return (
    <>
      <div
        class="frame"
        ref={frame}
        tabIndex={0}
        role="application"
        aria-label={t.label(title)}
        {...handlers}
      >
        <svg width={screen.width} height={screen.height} data-film={film.sop_uid}>
          <image
            href={source}
            class={inverted ? 'inverted' : ''}
            width={result.width}
            height={result.height}
            preserveAspectRatio="none"
            transform={`translate(${view.left} ${view.top}) scale(${view.scale})`}
          />
          {boxes && (
            <Boxes findings={result.findings} view={view} chosen={chosen} onChoose={onChoose} />
          )}
        </svg>
      </div>
      <div class="zoom">
        <button type="button" aria-label={t.zoomOut} onClick={farther}>
          −
        </button>
        <button type="button" onClick={whole}>
          {t.fit}
        </button>
        <button type="button" aria-label={t.zoomIn} onClick={closer}>
          +
        </button>
      </div>
    </>
  );
}

interface ViewerProps {
  film: Film;
  title: string;
  boxes: boolean;
  inverted: boolean;
  chosen: Finding | null;
  onChoose: (finding: Finding | null) => void;
}

export function Viewer(props: ViewerProps) {
  const { film, title } = props;
  const { result } = film;
  const picture = usePicture(film.sop_uid, result !== undefined, film.state);
  return (
    <figure class="film">
      <figcaption>
        <strong>{title}</strong>
        {film.state !== 'scored' && (
          <span class="warn-text">{film.reason || texts.filmStates[film.state]}</span>
        )}
        {film.damaged !== undefined && <span class="bad-text">{t.damaged(film.damaged)}</span>}
        {result && film.state === 'scored' && result.probability !== null && (
          <span class="muted">
            {texts.worklist.probability} {result.probability.toFixed(2)}
          </span>
        )}
      </figcaption>
      {picture.kind === 'image' && result ? (
        <Canvas {...props} source={picture.address} result={result} />
      ) : picture.kind === 'picture' ? (
        <img class="drawn" src={picture.address} alt={t.drawn} />
      ) : (
        <div class="frame none">
          <p class="muted">{picture.missing ? t.noPicture : texts.loading}</p>
        </div>
      )}
    </figure>
  );
}
