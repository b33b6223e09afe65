// The projects of the reading room, for their manager.
import { useState } from 'preact/hooks';
import type { ReadingProjectList } from '../api_types';
import { useData } from '../load';
import { Waiting } from '../parts';
import { address } from '../router';
import { texts } from '../texts';
import { dateText } from '../time';
import { NewProject } from './manager_new';
import './reading.css';

const t = texts.manager;

export function ManagerProjects() {
  const { data, error, reload } = useData<ReadingProjectList>('/api/reading/projects', 60);
  const [making, setMaking] = useState(false);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
        <button type="button" class="primary" onClick={() => setMaking(true)}>
          {t.newOpen}
        </button>
      </div>
      {making && (
        <NewProject onClose={() => setMaking(false)}
          onDone={(key) => (location.hash = address('projects', key))} />
      )}
      {data.projects.length === 0 ? (
        <div class="empty">
          <h2>{t.none}</h2>
          <p class="muted">{t.noneText}</p>
          <pre tabIndex={0}>{t.noneCommand}</pre>
        </div>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t.project}</th>
              <th scope="col" class="number">{t.studies}</th>
              <th scope="col" class="number">{t.films}</th>
              <th scope="col" class="number">{t.held}</th>
              <th scope="col" class="number">{t.done}</th>
              <th scope="col" class="number">{t.questions}</th>
              <th scope="col">{t.made}</th>
            </tr>
          </thead>
          <tbody>
            {data.projects.map((p) => (
              <tr key={p.key}>
                <th scope="row">
                  <a href={address('projects', p.key)}>{p.name}</a>
                </th>
                <td class="number">{p.studies}</td>
                <td class="number">{p.films}</td>
                <td class="number">{p.held || ''}</td>
                <td class="number">
                  {p.done + p.locked} / {p.tasks}
                </td>
                <td class="number">{p.questions || ''}</td>
                <td>{dateText(p.made)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
