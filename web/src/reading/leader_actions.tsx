// What the leader of a project does: assigning, locking, adjudication, versions.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type {
  ReadingAssigned,
  ReadingExports,
  ReadingLeadTasks,
  ReadingTaskCount,
} from '../api_types';
import { useAction, useData } from '../load';
import { Dialog, Field, Notice, Waiting } from '../parts';
import { texts } from '../texts';
import { timeText } from '../time';

const t = texts.leader;

const logins = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

interface ActionProps {
  project: string;
  onDone: () => void;
}

/** A form with logins; `send` gives what was done. */
function LoginsForm(props: {
  label: string;
  text: string;
  submit: string;
  send: (logins: string[]) => Promise<string>;
}) {
  const [text, setText] = useState('');
  const [done, setDone] = useState('');
  const action = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.start(async () => setDone(await props.send(logins(text))));
  };
  return (
    <form onSubmit={submit} class="leader-form">
      <p class="muted small">{props.text}</p>
      <Field label={props.label}>
        {(id) => (
          <input id={id} value={text} required onInput={(e) => setText(e.currentTarget.value)} />
        )}
      </Field>
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      {done && !action.error && <Notice tone="good">{done}</Notice>}
      <button type="submit" disabled={action.busy || logins(text).length === 0}>
        {props.submit}
      </button>
    </form>
  );
}

export function Assign({ project, onDone }: ActionProps) {
  const send = async (readers: string[]): Promise<string> => {
    const path = route`/api/reading/projects/${project}/assign`;
    const answer = await post<ReadingAssigned>(path, { readers });
    onDone();
    return t.assigned(answer.tasks);
  };
  return (
    <section>
      <h2>{t.assign}</h2>
      <LoginsForm label={t.readers} text={t.assignText} submit={t.assignSubmit} send={send} />
    </section>
  );
}

export function Adjudicate({ project, onDone }: ActionProps) {
  const action = useAction();
  const [locked, setLocked] = useState('');
  const lock = (): void =>
    void action.start(async () => {
      const path = route`/api/reading/projects/${project}/lock`;
      const answer = await post<ReadingTaskCount>(path, { round: 1 });
      setLocked(t.locked(answer.tasks));
      onDone();
    });
  const send = async (adjudicators: string[]): Promise<string> => {
    const path = route`/api/reading/projects/${project}/adjudication`;
    const answer = await post<ReadingTaskCount>(path, { adjudicators, round: 1 });
    onDone();
    return t.assigned(answer.tasks);
  };
  return (
    <section>
      <h2>{t.lock}</h2>
      <p class="muted small">{t.lockText}</p>
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      {locked && !action.error && <Notice tone="good">{locked}</Notice>}
      <button type="button" disabled={action.busy} onClick={lock}>
        {t.lockSubmit}
      </button>
      <h2>{t.adjudicate}</h2>
      <LoginsForm label={t.adjudicators} text={t.adjudicateText} submit={t.adjudicate}
        send={send} />
    </section>
  );
}

export function Versions({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/exports`;
  const { data, error, reload } = useData<ReadingExports>(path);
  const [tag, setTag] = useState('');
  const [adjudicated, setAdjudicated] = useState(false);
  const action = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.start(async () => {
      await post(path, { tag: tag.trim(), adjudicated });
      setTag('');
      await reload();
    });
  };
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  const file = (of: string, name: string): string =>
    `${path}/${encodeURIComponent(of)}/${name}`;
  return (
    <section>
      <h2>{t.exports}</h2>
      {data.exports.length === 0 && <p class="muted">{t.noExports}</p>}
      <ul class="comments">
        {data.exports.map((x) => (
          <li key={x.tag}>
            <strong>{x.tag}</strong>{' '}
            <span class="muted small">
              {x.what} · {timeText(x.made)} · {x.films} / {x.boxes}
            </span>
            <p class="small">
              <a href={file(x.tag, t.annotations)} download>{t.annotations}</a>{' '}
              <a href={file(x.tag, t.full)} download>{t.full}</a>{' '}
              <code>{x.sha256.slice(0, 16)}</code>
            </p>
          </li>
        ))}
      </ul>
      <form onSubmit={submit} class="leader-form">
        <Field label={t.exportTag}>
          {(id) => (
            <input id={id} value={tag} required onInput={(e) => setTag(e.currentTarget.value)} />
          )}
        </Field>
        <label class="check">
          <input type="checkbox" checked={adjudicated}
            onChange={(e) => setAdjudicated(e.currentTarget.checked)} />
          {t.exportAdjudicated}
        </label>
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <button type="submit" disabled={action.busy || !tag.trim()}>
          {t.exportSubmit}
        </button>
      </form>
    </section>
  );
}

// ---- studies of the readers ----

function ReturnDialog(props: { task: number; onDone: () => void; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const action = useAction();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const sent = await action.start(() =>
      post(route`/api/reading/tasks/${props.task}/return`, { reason: reason.trim() }),
    );
    if (sent) props.onDone();
  };
  return (
    <Dialog title={t.returnTitle} onClose={props.onClose}>
      <form onSubmit={(e) => void submit(e)}>
        <Field label={t.returnReason}>
          {(id) => (
            <textarea id={id} rows={3} maxLength={1000} required value={reason}
              onInput={(e) => setReason(e.currentTarget.value)} />
          )}
        </Field>
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <div class="buttons">
          <button type="button" onClick={props.onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="primary" disabled={action.busy || !reason.trim()}>
            {t.returnTask}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function TaskList({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/tasks`;
  const { data, error, reload } = useData<ReadingLeadTasks>(path, 60);
  const [returning, setReturning] = useState(0);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  return (
    <section>
      <h2>{t.taskList}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.study}</th>
            <th scope="col">{t.reader}</th>
            <th scope="col">{t.kind}</th>
            <th scope="col">{texts.reading.worklist.state}</th>
            <th scope="col" class="number">{t.boxes}</th>
            <th scope="col" class="number">{t.questions}</th>
            <th scope="col" class="actions">
              <span class="hidden">{t.returnTask}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.tasks.map((x) => (
            <tr key={x.task}>
              <th scope="row" class="uid">{x.study_id}</th>
              <td>{x.reader}</td>
              <td>{texts.reading.kinds[x.kind]}</td>
              <td>
                {texts.reading.states[x.state]}
                {x.returned && <small>{x.returned}</small>}
              </td>
              <td class="number">{x.boxes}</td>
              <td class="number">{x.questions || ''}</td>
              <td class="actions">
                {x.state === 'done' && (
                  <button type="button" onClick={() => setReturning(x.task)}>
                    {t.returnTask}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
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
