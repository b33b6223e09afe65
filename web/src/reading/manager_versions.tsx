// Versions of a project's annotations: what was made, and a new one.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingExports, ReadingNewExport } from '../api_types';
import { useAction, useData } from '../load';
import { Field, Notice, Waiting } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { timeText } from '../time';
import { MOST_KEY, MOST_LOGIN, trimmed } from '../typed';
import { NumberField } from './manager_assign';

const t = texts.manager;

/** Of which readings a version is made. */
type What = 'all' | 'reader' | 'adjudicated';
const kinds: readonly What[] = ['all', 'reader', 'adjudicated'];

function newExport(tag: string, what: What, of: string, round: string): ReadingNewExport {
  const made: ReadingNewExport = { tag: trimmed(tag) };
  if (round) made.round = Number(round);
  if (what === 'reader') made.reader = trimmed(of);
  if (what === 'adjudicated') made.adjudicated = true;
  return made;
}

function NewVersion({ path, onMade }: { path: string; onMade: () => Promise<void> }) {
  const [tag, setTag] = useState('');
  const [what, setWhat] = useState<What>('all');
  const [of, setOf] = useState('');
  const [round, setRound] = useState('');
  const action = useAction();
  const needsOf = what === 'reader';
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.start(async () => {
      await post(path, newExport(tag, what, of, round));
      setTag('');
      await onMade();
    });
  };
  return (
    <form onSubmit={submit} class="manager-form">
      <TextField label={t.exportTag} required value={tag} most={MOST_KEY} onText={setTag} />
      <Field label={t.exportOf}>
        {(id) => (
          <select id={id} value={what}
            onChange={(e) => {
              setWhat(e.currentTarget.value as What);
              setOf('');
            }}>
            {kinds.map((k) => (
              <option key={k} value={k}>
                {t.exportKinds[k]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {needsOf && (
        <TextField label={t.exportKinds[what]} required value={of} most={MOST_LOGIN}
          onText={setOf} />
      )}
      <NumberField label={t.exportRound} value={round} least={1} most={100} onChange={setRound} />
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      <button type="submit" disabled={action.busy || !trimmed(tag) || (needsOf && !trimmed(of))}>
        {t.exportSubmit}
      </button>
    </form>
  );
}

export function Versions({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/exports`;
  const { data, error, reload } = useData<ReadingExports>(path);
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
              {x.what} · {timeText(x.made)} · {t.exportCounts(x.films, x.boxes)}
            </span>
            <p class="small">
              <a href={file(x.tag, t.annotations)} download>{t.annotations}</a>{' '}
              <a href={file(x.tag, t.full)} download>{t.full}</a>{' '}
              <code>{x.sha256.slice(0, 16)}</code>
            </p>
          </li>
        ))}
      </ul>
      <NewVersion path={path} onMade={reload} />
    </section>
  );
}
