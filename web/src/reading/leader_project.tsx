// One project, for its leader.
import { useState } from 'preact/hooks';
import { address } from '../router';
import { texts } from '../texts';
import { Adjudicate, Assign, TaskList, Versions } from './leader_actions';
import { Agreement, OpenQuestions, Progress } from './leader_progress';
import './reading.css';

const t = texts.leader;

export function LeaderProject({ project }: { project: string }) {
  // what the leader does changes the tables: they are loaded again
  const [changes, setChanges] = useState(0);
  const changed = (): void => setChanges((n) => n + 1);
  return (
    <div class="page">
      <div class="title">
        <a href={address('projects')}>{t.back}</a>
        <h1>{project}</h1>
      </div>
      <div class="leader">
        <div>
          <section>
            <h2>{t.progress}</h2>
            <Progress key={changes} project={project} />
          </section>
          <section>
            <h2>{t.agreement}</h2>
            <Agreement project={project} />
          </section>
          <TaskList key={changes} project={project} />
        </div>
        <div>
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
