// Jobs, for administrators: what is left to do, and what cannot go on without a person.
import { useState } from 'preact/hooks';

import { post, route } from './api';
import type { Job, JobList } from './api_types';
import { useAction, useData } from './load';
import { Badge, Confirm, Notice, Waiting } from './parts';
import { address } from './router';
import { texts } from './texts';
import { timeText } from './time';

const t = texts.jobs;
const MOST = 200;
const filters = ['dead', 'open', 'ready', 'leased', 'waiting', 'done', 'dropped'] as const;
type Filter = (typeof filters)[number];

function JobActions({ job, onChange }: { job: Job; onChange: () => Promise<void> }) {
  const [asks, setAsks] = useState(false);
  const action = useAction();
  if (job.state !== 'dead') return null;
  const act = async (what: 'retry' | 'drop'): Promise<void> => {
    const ok = await action.start(() => post(route`/api/jobs/${job.id}/` + what));
    if (ok) setAsks(false);
    await onChange();
  };
  return (
    <>
      <button type="button" disabled={action.busy} onClick={() => void act('retry')}>
        {t.retry}
      </button>{' '}
      <button type="button" disabled={action.busy} onClick={() => setAsks(true)}>
        {t.drop}
      </button>
      {action.error && !asks && <Notice tone="bad">{action.error}</Notice>}
      {asks && (
        <Confirm
          title={t.dropTitle}
          text={t.dropText}
          action={t.drop}
          busy={action.busy}
          error={action.error}
          onConfirm={() => void act('drop')}
          onClose={() => setAsks(false)}
        />
      )}
    </>
  );
}

function JobRow({ job, onChange }: { job: Job; onChange: () => Promise<void> }) {
  return (
    <tr>
      <th scope="row" class="number">
        {job.id}
      </th>
      <td>{t.kinds[job.kind]}</td>
      <td class="uid">
        {job.study_uid ? <a href={address('studies', job.study_uid)}>{job.key}</a> : job.key}
      </td>
      <td>{job.destination || texts.none}</td>
      <td>
        <Badge tone={job.state === 'dead' ? 'bad' : 'plain'}>{t.states[job.state]}</Badge>
      </td>
      <td class="number">{job.attempts}</td>
      <td class="time">{job.state === 'waiting' ? timeText(job.not_before) : texts.none}</td>
      <td class="error">{job.error}</td>
      <td class="actions">
        <JobActions job={job} onChange={onChange} />
      </td>
    </tr>
  );
}

function JobTable({ jobs, onChange }: { jobs: Job[]; onChange: () => Promise<void> }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col" class="number">
            {t.id}
          </th>
          <th scope="col">{t.kind}</th>
          <th scope="col">{t.subject}</th>
          <th scope="col">{t.destination}</th>
          <th scope="col">{t.state}</th>
          <th scope="col" class="number">
            {t.attempts}
          </th>
          <th scope="col">{t.next}</th>
          <th scope="col">{t.error}</th>
          <th scope="col" class="actions">
            {t.actions}
          </th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} onChange={onChange} />
        ))}
      </tbody>
    </table>
  );
}

export function JobsPage() {
  const [filter, setFilter] = useState<Filter>('dead');
  const [before, setBefore] = useState(0);
  const older = before ? `&before=${before}` : '';
  const jobs = useData<JobList>(`/api/jobs?most=${MOST}&state=${filter}${older}`, 5);
  const rows = jobs.data?.jobs;
  const last = rows?.[rows.length - 1];
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
        <select
          aria-label={t.state}
          value={filter}
          onChange={(e) => {
            setFilter(e.currentTarget.value as Filter);
            setBefore(0);
          }}
        >
          {filters.map((f) => (
            <option key={f} value={f}>
              {t.filters[f]}
            </option>
          ))}
        </select>
      </div>
      {rows && jobs.error && <Notice tone="bad">{texts.errors.refresh(jobs.error)}</Notice>}
      {!rows && <Waiting error={jobs.error} retry={() => void jobs.reload()} />}
      {rows?.length === 0 && <p class="nothing">{t.empty}</p>}
      {rows && rows.length > 0 && <JobTable jobs={rows} onChange={jobs.reload} />}
      {rows?.length === MOST && last && (
        <div class="pager">
          <button type="button" onClick={() => setBefore(last.id)}>
            {t.older}
          </button>
        </div>
      )}
    </div>
  );
}
