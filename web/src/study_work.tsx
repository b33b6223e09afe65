// What is done with a study: deliveries, open work, events.
import { post, route } from './api';
import type { Session, Study, StudyJob } from './api_types';
import { useAction } from './load';
import type { Tone } from './parts';
import { Badge, Notice } from './parts';
import { texts } from './texts';
import { clockText, timeText } from './time';

const t = texts.study;

const deliveryTones: Record<string, Tone> = {
  waiting: 'info',
  sent: 'plain',
  committed: 'good',
  failed: 'bad',
};

function DeliveryTable({ study }: { study: Study }) {
  if (study.deliveries.length === 0) return <p class="muted">{t.noDeliveries}</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t.destination}</th>
          <th scope="col">{texts.worklist.state}</th>
          <th scope="col" class="number">
            {t.objects}
          </th>
        </tr>
      </thead>
      <tbody>
        {study.deliveries.map((d) => (
          <tr key={`${d.destination} ${d.revision} ${d.state}`}>
            <th scope="row">
              {d.destination}
              <small>
                {t.version(d.revision)}, {timeText(d.at)}
              </small>
            </th>
            <td>
              <Badge tone={deliveryTones[d.state] ?? 'plain'}>{t.deliveryStates[d.state]}</Badge>
            </td>
            <td class="number">{d.objects}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface WorkProps {
  study: Study;
  role: Session['role'];
  onChange: () => Promise<void>;
}

const isDelivery = (job: StudyJob): boolean => job.kind === 'send' || job.kind === 'confirm';

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
      {job.state === 'dead' && role === 'admin' && !isDelivery(job) && (
        <button type="button" disabled={action.busy} onClick={() => void retry()}>
          {texts.jobs.retry}
        </button>
      )}
      {action.error && <Notice tone="bad">{action.error}</Notice>}
    </li>
  );
}

/** Sends again what a destination has refused for good. */
function RetryDeliveries({ study, onChange }: Omit<WorkProps, 'role'>) {
  const action = useAction();
  const retry = async (): Promise<void> => {
    await action.start(() => post(route`/api/studies/${study.study_uid}/retry`));
    await onChange();
  };
  const dead = study.jobs.some((job) => job.state === 'dead' && isDelivery(job));
  return (
    <>
      {dead && (
        <button type="button" disabled={action.busy} onClick={() => void retry()}>
          {texts.jobs.retryStudy}
        </button>
      )}
      {action.error && <Notice tone="bad">{action.error}</Notice>}
    </>
  );
}

export function Deliveries({ study, role, onChange }: WorkProps) {
  return (
    <section>
      <h2>{t.deliveries}</h2>
      <DeliveryTable study={study} />
      {study.jobs.length > 0 && (
        <>
          <h3>{t.work}</h3>
          <ul class="jobs">
            {study.jobs.map((job) => (
              <Job key={job.id} job={job} role={role} onChange={onChange} />
            ))}
          </ul>
        </>
      )}
      <RetryDeliveries study={study} onChange={onChange} />
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
