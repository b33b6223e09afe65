// One project, for its manager.
import { useState } from 'preact/hooks';
import type { ReadingProjectList, ReadingProjectRow } from '../api_types';
import { useData } from '../load';
import { address } from '../router';
import { texts } from '../texts';
import { Adjudicate, Assign } from './manager_assign';
import { Held } from './manager_held';
import { Import } from './manager_import';
import { Labels } from './manager_labels';
import { Agreement, OpenQuestions, Progress } from './manager_progress';
import { TaskList } from './manager_tasks';
import { Versions } from './manager_versions';
import './reading.css';

const t = texts.manager;

/** The size of a project and its protocol. */
function Summary({ row: p }: { row: ReadingProjectRow }) {
  return (
    <p class="muted">
      {[
        t.size(p.studies, p.films),
        ...(p.held > 0 ? [t.heldCount(p.held)] : []),
        t.readersPerStudy(p.readers),
        t.modes[p.prelabels],
        ...(p.confidence ? [t.withConfidence] : []),
      ].join(' · ')}
    </p>
  );
}

export function ManagerProject({ project }: { project: string }) {
  const { data, reload } = useData<ReadingProjectList>('/api/reading/projects');
  const row = data?.projects.find((p) => p.key === project);
  // what the manager does changes the tables: they are loaded again
  const [changes, setChanges] = useState(0);
  const changed = (): void => {
    setChanges((n) => n + 1);
    void reload();
  };
  return (
    <div class="page">
      <div class="title">
        <a href={address('projects')}>{t.back}</a>
        <h1>{row?.name ?? project}</h1>
      </div>
      {row && <Summary row={row} />}
      <div class="manager">
        <div>
          <section>
            <h2>{t.progress}</h2>
            <Progress key={changes} project={project} />
          </section>
          <section>
            <h2>{t.agreement}</h2>
            <Agreement project={project} />
          </section>
          <Held key={`held ${changes}`} project={project} onDone={changed} />
          <TaskList key={changes} project={project} />
          <Labels project={project} />
        </div>
        <div>
          <Import project={project} onDone={changed} />
          <Assign project={project} onDone={changed} />
          <Adjudicate project={project} onDone={changed} />
          <Versions project={project} />
          <section>
            <h2>{t.openQuestions}</h2>
            <OpenQuestions project={project} />
          </section>
        </div>
      </div>
    </div>
  );
}
