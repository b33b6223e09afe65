// The findings of a study as a table.
import type { Film, Finding } from './api_types';
import { colourOf } from './colours';
import { filmNames } from './film_names';
import { texts } from './texts';

const t = texts.study;

interface FindingTableProps {
  films: Film[];
  chosen: Finding | null;
  onChoose: (finding: Finding | null) => void;
}

function Swatch({ finding }: { finding: Finding }) {
  const dashed = finding.operating_point !== 'specific';
  return (
    <svg class="swatch" width="18" height="12" aria-hidden="true">
      <rect
        x="1.500"
        y="1.500"
        width="15"
        height="9"
        class={dashed ? 'box dashed' : 'box'}
        stroke={colourOf(finding.label)}
      />
    </svg>
  );
}

export function FindingTable({ films, chosen, onChoose }: FindingTableProps) {
  const names = filmNames(films);
  const rows = films.flatMap((film, i) =>
    (film.result?.findings ?? []).map((finding) => ({ finding, film: names[i] })),
  );
  const scored = films.some((f) => f.result && f.state !== 'unfamiliar');
  const dashed = rows.some(({ finding }) => finding.operating_point === 'sensitive');
  return (
    <section>
      <h2>{t.findings}</h2>
      {rows.length === 0 && (
        <p class="muted">{scored ? t.noFindings : texts.verdicts.none}</p>
      )}
      {rows.length > 0 && (
        <table class="findings">
          <thead>
            <tr>
              <th scope="col">{t.finding}</th>
              <th scope="col" class="number">
                {t.score}
              </th>
              <th scope="col" title={t.pointTitle}>
                {t.point}
              </th>
              <th scope="col">{t.inFilm}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ finding, film }, i) => (
              <tr
                key={i}
                class={finding === chosen ? 'chosen' : ''}
                onPointerEnter={() => onChoose(finding)}
                onPointerLeave={() => onChoose(null)}
              >
                <th scope="row">
                  <Swatch finding={finding} />
                  {finding.name}
                  {finding.despite_verdict && <small>{t.despite}</small>}
                </th>
                <td class="number">{finding.score.toFixed(2)}</td>
                <td>
                  {finding.operating_point ? t.points[finding.operating_point] : texts.none}
                </td>
                <td>{film}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {dashed && <p class="muted small">{t.dashed}</p>}
    </section>
  );
}
