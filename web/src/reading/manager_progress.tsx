// How far the readers of a project are, and how well they agree.
import { route } from '../api';
import type { ReadingAgreement, ReadingProgress, ReadingQuestions } from '../api_types';
import { useData } from '../load';
import { Waiting } from '../parts';
import { address } from '../router';
import { texts } from '../texts';
import { timeText } from '../time';

const t = texts.manager;

const shown = (v: number | null): string => (v === null ? texts.none : v.toFixed(2));

export function Progress({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/progress`;
  const { data, error, reload } = useData<ReadingProgress>(path, 60);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  if (data.readers.length === 0) return <p class="muted">{t.noTasks}</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t.reader}</th>
          <th scope="col">{t.kind}</th>
          <th scope="col" class="number">{t.round}</th>
          <th scope="col" class="number">{t.states.new}</th>
          <th scope="col" class="number">{t.states.open}</th>
          <th scope="col" class="number">{t.states.returned}</th>
          <th scope="col" class="number">{t.done}</th>
          <th scope="col" class="number">{t.boxes}</th>
          <th scope="col" class="number">{t.perFilm}</th>
        </tr>
      </thead>
      <tbody>
        {data.readers.map((r) => (
          <tr key={`${r.reader} ${r.round} ${r.kind}`}>
            <th scope="row">{r.name || r.reader}</th>
            <td>{texts.reading.kinds[r.kind]}</td>
            <td class="number">{r.round}</td>
            <td class="number">{r.new}</td>
            <td class="number">{r.open}</td>
            <td class="number">{r.returned || ''}</td>
            <td class="number">
              {r.done + r.locked} / {r.tasks}
            </td>
            <td class="number">{r.boxes}</td>
            <td class="number">{r.films ? t.seconds(r.active_ms / r.films / 1000) : ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Agreement({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/agreement`;
  const { data, error, reload } = useData<ReadingAgreement>(path);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  if (data.pairs.length === 0) return <p class="muted">{t.noAgreement}</p>;
  return (
    <>
      <p>{t.fleiss(shown(data.fleiss.kappa), data.fleiss.films)}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.pair}</th>
            <th scope="col" class="number">{t.films}</th>
            <th scope="col" class="number">{t.kappa}</th>
            <th scope="col" class="number">{t.matched}</th>
            <th scope="col" class="number">{t.f1}</th>
            <th scope="col" class="number">{t.iou}</th>
          </tr>
        </thead>
        <tbody>
          {data.pairs.map((p) => (
            <tr key={`${p.first} ${p.second}`}>
              <th scope="row">
                {p.first}, {p.second}
              </th>
              <td class="number">{p.films}</td>
              <td class="number">{shown(p.kappa)}</td>
              <td class="number">{p.matched}</td>
              <td class="number">{shown(p.f1)}</td>
              <td class="number">{shown(p.mean_iou)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function OpenQuestions({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/questions`;
  const { data, error, reload } = useData<ReadingQuestions>(path, 60);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  if (data.questions.length === 0) return <p class="muted">{t.noQuestions}</p>;
  return (
    <ul class="comments">
      {data.questions.map((q) => (
        <li key={`${q.task} ${q.number}`}>
          <small>
            {q.author} · {timeText(q.at)} ·{' '}
            <a href={address('projects', project, String(q.task))}>
              {t.study} {q.study_id}
            </a>
          </small>
          <p class="comment">{q.text}</p>
        </li>
      ))}
    </ul>
  );
}
