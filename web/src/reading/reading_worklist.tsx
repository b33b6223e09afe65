// The worklist of a reader.
import { useEffect, useState } from 'preact/hooks';
import type { ReadingTaskList, ReadingTaskRow } from '../api_types';
import { useAction, useData } from '../load';
import { Badge, Notice, Waiting, type Tone } from '../parts';
import { address } from '../router';
import { texts } from '../texts';
import { timeText } from '../time';
import { filmDevice } from './film_device';
import { openNext } from './finishing';
import { KeptNotice } from './kept_notice';
import type { Kept, KeptWork } from './kept_work';
import './reading.css';
import { useKept } from './use_kept';

const t = texts.reading;
const w = t.worklist;

const tones: Record<ReadingTaskRow['state'], Tone> = {
  new: 'plain',
  open: 'info',
  done: 'good',
  returned: 'warn',
  locked: 'plain',
};

const isFinished = (row: ReadingTaskRow): boolean => row.state === 'done' || row.state === 'locked';

function Row({ row, kept }: { row: ReadingTaskRow; kept: Kept | undefined }) {
  return (
    <tr>
      <th scope="row">
        <a href={address('reading', String(row.task))}>
          {w.study} {row.number}
        </a>
      </th>
      <td>{row.project_name}</td>
      <td>{t.kinds[row.kind]}</td>
      <td>
        <Badge tone={tones[row.state]}>{t.states[row.state]}</Badge>
        {row.returned && row.state === 'returned' && (
          <small class="warn-text">{w.returned(row.returned)}</small>
        )}
        {kept && (
          <small class="warn-text">
            {t.kept.row(kept.count)}
            {kept.state === 'asks' && `. ${t.kept.open}`}
          </small>
        )}
      </td>
      <td class="number">{row.films}</td>
      <td class="number">{row.questions || ''}</td>
      <td class="time">{row.done ? timeText(row.done) : ''}</td>
    </tr>
  );
}

function Table({ rows, kept }: { rows: readonly ReadingTaskRow[]; kept: KeptWork }) {
  return (
    <table class="reading-list">
      <caption class="hidden">{w.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{w.study}</th>
          <th scope="col">{w.project}</th>
          <th scope="col">{w.kind}</th>
          <th scope="col">{w.state}</th>
          <th scope="col" class="number">{w.films}</th>
          <th scope="col" class="number">{w.questions}</th>
          <th scope="col">{w.finished}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.task} row={row} kept={kept.get(row.task)} />
        ))}
      </tbody>
    </table>
  );
}

export function ReadingWorklist() {
  const { data, error, reload } = useData<ReadingTaskList>('/api/reading/tasks', 30);
  const [state, setState] = useState('');
  const action = useAction();
  const { kept, saved } = useKept();
  useEffect(() => void filmDevice(), []); // it is ready when a study is opened
  useEffect(() => {
    if (saved > 0) void reload(); // studies that were new have begun
  }, [saved]);
  if (!data)
    return (
      <>
        <KeptNotice kept={kept} />
        <Waiting error={error} retry={() => void reload()} />
      </>
    );
  const { tasks } = data;
  const done = tasks.filter(isFinished).length;
  const rows = tasks.filter((row) => !state || row.state === state);
  const states = (Object.keys(t.states) as ReadingTaskRow['state'][]).filter((x) =>
    tasks.some((row) => row.state === x),
  );
  return (
    <div class="page">
      <div class="title">
        <h1>{w.title}</h1>
        {tasks.length > 0 && (
          <>
            <progress max={tasks.length} value={done} aria-label={w.progress(done, tasks.length)} />
            <span class="muted">{w.progress(done, tasks.length)}</span>
            <label>
              <span class="hidden">{w.state}</span>
              <select value={state} onChange={(e) => setState(e.currentTarget.value)}>
                <option value="">{w.all}</option>
                {states.map((x) => (
                  <option key={x} value={x}>
                    {t.states[x]}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        {done < tasks.length && (
          <button type="button" class="primary next-study" disabled={action.busy}
            onClick={() => void action.start(() => openNext())}>
            {w.next}
          </button>
        )}
      </div>
      {(error || action.error) && <Notice tone="bad">{action.error || error}</Notice>}
      <KeptNotice kept={kept} />
      {tasks.length === 0 && (
        <div class="empty">
          <h2>{w.none}</h2>
          <p class="muted">{w.noneText}</p>
        </div>
      )}
      {tasks.length > 0 && done === tasks.length && <Notice tone="good">{w.allDone}</Notice>}
      {tasks.length > 0 && <Table rows={rows} kept={kept} />}
    </div>
  );
}
