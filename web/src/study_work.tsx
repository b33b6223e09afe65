// What is done with a study: open work, events.
import { post, route } from './api';
import type { Session, Study, StudyJob } from './api_types';
import { useAction } from './load';
import { Badge, Notice } from './parts';
import { texts } from './texts';
import { clockText, timeText } from './time';

const t = texts.study;

interface WorkProps {
  study: Study;
  role: Session['role'];
  onChange: () => Promise<void>;
}

interface JobProps extends Omit<WorkProps, 'study'> {
  job: StudyJob;
}

function Job({ job, role, onChange }: JobProps) {
  const action = useAction();
  const retry = async (): Promise<void> => {
    await action.start(() => post(route`/api/jobs/${job.id}/retry`));
    await onChange();
  };
  return (
    <li class="job">
      <Badge tone={job.state === 'dead' ? 'bad' : 'info'}>
        {texts.jobs.states[job.state]}
      </Badge>{' '}
      {texts.jobs.kinds[job.kind]} {job.destination}{' '}
      <small>
        {t.attempts(job.attempts)}
        {job.state === 'waiting' && `, ${t.nextAttempt(clockText(job.not_before))}`}
      </small>
      {job.error && <p class="bad-text">{job.error}</p>}
      {job.state === 'dead' && role === 'admin' && (
        <button type="button" disabled={action.busy} onClick={() => void retry()}>
          {texts.jobs.retry}
        </button>
      )}
      {action.error && <Notice tone="bad">{action.error}</Notice>}
    </li>
  );
}

/** Jobs other than deliveries, which stand with their version. */
export function Work({ study, role, onChange }: WorkProps) {
  const jobs = study.jobs.filter((job) => job.kind === 'predict' || job.kind === 'build');
  if (jobs.length === 0) return null;
  return (
    <section>
      <h2>{t.work}</h2>
      <ul class="jobs">
        {jobs.map((job) => (
          <Job key={job.id} job={job} role={role} onChange={onChange} />
        ))}
      </ul>
    </section>
  );
}

export function Events({ study }: { study: Study }) {
  return (
    <section>
      <details>
        <summary>{t.events}</summary>
        <dl class="uids">
          <dt>{t.uid}</dt>
          <dd>{study.study_uid}</dd>
        </dl>
        <ol class="events">
          {study.events.map((e, i) => (
            <li key={i}>
              <span class="time">{timeText(e.at)}</span> {e.kind}
              {e.detail && <span class="muted"> {e.detail}</span>}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}
