// The studies of a project's readers, as its manager sees them.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingLeadTask, ReadingLeadTasks } from '../api_types';
import { useAction, useData } from '../load';
import { Dialog, Notice, Waiting } from '../parts';
import { address } from '../router';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_REASON, trimmed } from '../typed';

const t = texts.manager;
const MOST = 1000; // tasks in an answer of the service

function ReturnDialog(props: { task: number; onDone: () => void; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const action = useAction();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const sent = await action.start(() =>
      post(route`/api/reading/tasks/${props.task}/return`, { reason: trimmed(reason) }),
    );
    if (sent) props.onDone();
  };
  return (
    <Dialog title={t.returnTitle} onClose={props.onClose}>
      <form onSubmit={(e) => void submit(e)}>
        <TextField label={t.returnReason} rows={3} required value={reason} most={MOST_REASON}
          onText={setReason} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <div class="buttons">
          <button type="button" onClick={props.onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="primary" disabled={action.busy || !trimmed(reason)}>
            {t.returnTask}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

type State = ReadingLeadTask['state'];
const states: readonly State[] = ['new', 'open', 'returned', 'done', 'locked'];

function Row(props: { project: string; task: ReadingLeadTask; onReturn: () => void }) {
  const { project, task: x, onReturn } = props;
  const marks = [x.split, x.repeat > 0 ? texts.reading.again : '', x.why].filter(Boolean);
  return (
    <tr>
      <th scope="row" class="uid">
        <a href={address('projects', project, String(x.task))}>{x.study_id}</a>
        {marks.length > 0 && <small>{marks.join(' · ')}</small>}
      </th>
      <td>{x.reader}</td>
      <td>{texts.reading.kinds[x.kind]}</td>
      <td class="number">{x.round}</td>
      <td>
        {texts.reading.states[x.state]}
        {x.returned && <small>{x.returned}</small>}
      </td>
      <td>{t.prelabels[x.prelabels]}</td>
      <td class="number">{x.boxes}</td>
      <td class="number">{x.questions || ''}</td>
      <td class="actions">
        {x.state === 'done' && (
          <button type="button" onClick={onReturn}>
            {t.returnTask}
          </button>
        )}
      </td>
    </tr>
  );
}

/** A page of tasks; `first`: the numbers of the tasks behind which the pages begin. */
export function TaskList({ project }: { project: string }) {
  const [state, setState] = useState<State | ''>('');
  const [first, setFirst] = useState<number[]>([]);
  const after = first[first.length - 1] ?? 0;
  const query = new URLSearchParams({ after: String(after), ...(state ? { state } : {}) });
  const path = `${route`/api/reading/projects/${project}/tasks`}?${query}`;
  const { data, error, reload } = useData<ReadingLeadTasks>(path, 60);
  const [returning, setReturning] = useState(0);
  const last = data?.tasks[data.tasks.length - 1]?.task;
  return (
    <section>
      <div class="title">
        <h2>{t.taskList}</h2>
        <label>
          <span class="hidden">{texts.reading.worklist.state}</span>
          <select value={state}
            onChange={(e) => {
              setState(e.currentTarget.value as State | '');
              setFirst([]);
            }}>
            <option value="">{texts.reading.worklist.all}</option>
            {states.map((x) => (
              <option key={x} value={x}>
                {texts.reading.states[x]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {!data && <Waiting error={error} retry={() => void reload()} />}
      {data && data.tasks.length === 0 && <p class="muted">{state ? t.noneOfState : t.noTasks}</p>}
      {data && data.tasks.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t.study}</th>
              <th scope="col">{t.reader}</th>
              <th scope="col">{t.kind}</th>
              <th scope="col" class="number">{t.round}</th>
              <th scope="col">{texts.reading.worklist.state}</th>
              <th scope="col">{t.prelabelMode}</th>
              <th scope="col" class="number">{t.boxes}</th>
              <th scope="col" class="number">{t.questions}</th>
              <th scope="col" class="actions">
                <span class="hidden">{t.returnTask}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.tasks.map((x) => (
              <Row key={x.task} project={project} task={x} onReturn={() => setReturning(x.task)} />
            ))}
          </tbody>
        </table>
      )}
      {(first.length > 0 || data?.tasks.length === MOST) && (
        <p class="pager">
          <button type="button" disabled={first.length === 0}
            onClick={() => setFirst(first.slice(0, -1))}>
            {t.earlier}
          </button>
          <button type="button" disabled={data?.tasks.length !== MOST}
            onClick={() => last && setFirst([...first, last])}>
            {t.later}
          </button>
        </p>
      )}
      {returning > 0 && (
        <ReturnDialog task={returning} onClose={() => setReturning(0)}
          onDone={() => {
            setReturning(0);
            void reload();
          }} />
      )}
    </section>
  );
}
