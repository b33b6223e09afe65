// Studies that the node received, for a project. They are sent for one by one, so that the page
// shows how far it is and can be stopped; a study that the project has already is not changed.
import { useRef, useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingFilmsImported, ReadingReceived, ReadingReceivedList } from '../api_types';
import { errorText, useData } from '../load';
import { Dialog, Notice, Waiting } from '../parts';
import { texts } from '../texts';
import { dayText, minuteText } from '../time';

const t = texts.manager;
const MOST = 500; // studies in an answer of the service
const LIST = '/api/reading/received';

/** What was taken so far. */
interface Taken {
  studies: number;
  films: number;
  known: number;
  held: number;
  returned: number;
  faults: string[];
}

const nothing: Taken = { studies: 0, films: 0, known: 0, held: 0, returned: 0, faults: [] };

const more = (so: Taken, n: ReadingFilmsImported): Taken => ({
  studies: so.studies + 1,
  films: so.films + n.films,
  known: so.known + n.known,
  held: so.held + n.held,
  returned: so.returned + n.returned,
  faults: [...so.faults, ...n.reasons],
});

/** Takes studies one after another until it is told to stop. */
function useTaking(project: string, onDone: () => void) {
  const [taken, setTaken] = useState<Taken | null>(null);
  const [left, setLeft] = useState(0);
  const stop = useRef(false);
  const take = async (uids: readonly string[]): Promise<void> => {
    let so = nothing;
    stop.current = false;
    for (let i = 0; i < uids.length && !stop.current; i++) {
      setTaken(so);
      setLeft(uids.length - i);
      try {
        const path = route`/api/reading/projects/${project}/films`;
        so = more(so, await post<ReadingFilmsImported>(path, { studies: [uids[i]] }));
      } catch (error) {
        so = { ...so, studies: so.studies + 1, faults: [...so.faults, errorText(error)] };
      }
    }
    setTaken(so);
    setLeft(0);
    onDone();
  };
  return { taken, left, take, stop: () => (stop.current = true) };
}

interface TableProps {
  studies: readonly ReadingReceived[];
  chosen: ReadonlySet<string>;
  onChoose: (chosen: Set<string>) => void;
}

function StudyTable({ studies, chosen, onChoose }: TableProps) {
  const all = studies.length > 0 && studies.every((s) => chosen.has(s.study_uid));
  const toggle = (uid: string): void => {
    const next = new Set(chosen);
    if (!next.delete(uid)) next.add(uid);
    onChoose(next);
  };
  const toggleAll = (): void => {
    const next = new Set(chosen);
    for (const s of studies) all ? next.delete(s.study_uid) : next.add(s.study_uid);
    onChoose(next);
  };
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">
            <label>
              <input type="checkbox" checked={all} onChange={toggleAll} />
              {t.study}
            </label>
          </th>
          <th scope="col">{t.studyDate}</th>
          <th scope="col" class="number">{t.films}</th>
          <th scope="col">{t.received}</th>
        </tr>
      </thead>
      <tbody>
        {studies.map((s) => (
          <tr key={s.study_uid}>
            <th scope="row" class="uid">
              <label>
                <input type="checkbox" checked={chosen.has(s.study_uid)}
                  onChange={() => toggle(s.study_uid)} />
                {s.study_uid}
              </label>
            </th>
            <td class="time">{dayText(s.study_date)}</td>
            <td class="number">{s.films}</td>
            <td class="time">{minuteText(s.received)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Result({ taken, left, of }: { taken: Taken; left: number; of: number }) {
  return (
    <>
      {left > 0 && (
        <p>
          <progress value={of - left} max={of} aria-label={t.import} /> {t.taking(of - left, of)}
        </p>
      )}
      {left === 0 && <Notice tone="good">{t.importedFilms(taken)}</Notice>}
      {taken.faults.length > 0 && (
        <div class="notice bad" role="alert">
          {t.notTaken}
          <ul>
            {taken.faults.map((text, i) => (
              <li key={i}>{text}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

interface Props {
  project: string;
  onDone: () => void;
  onClose: () => void;
}

export function ReceivedStudies({ project, onDone, onClose }: Props) {
  // the last study of each page of the list that is behind
  const [from, setFrom] = useState<ReadingReceived[]>([]);
  const last = from[from.length - 1];
  const query = last
    ? `?${new URLSearchParams({ before: String(last.received), after: last.study_uid })}`
    : '';
  const { data, error, reload } = useData<ReadingReceivedList>(LIST + query);
  const [chosen, setChosen] = useState(new Set<string>());
  const [of, setOf] = useState(0);
  const { taken, left, take, stop } = useTaking(project, onDone);
  const start = (): void => {
    setOf(chosen.size);
    void take([...chosen]).then(() => setChosen(new Set()));
  };
  const end = data?.studies[data.studies.length - 1];
  return (
    <Dialog title={t.importFilms} {...(left ? {} : { onClose })}>
      <p class="muted small">{t.importFilmsText}</p>
      {!data && <Waiting error={error} retry={() => void reload()} />}
      {data?.studies.length === 0 && <p>{t.noReceived}</p>}
      {data && data.studies.length > 0 && (
        <div class="received">
          <StudyTable studies={data.studies} chosen={chosen} onChoose={setChosen} />
        </div>
      )}
      {(from.length > 0 || data?.studies.length === MOST) && (
        <p class="pager">
          <button type="button" disabled={from.length === 0}
            onClick={() => setFrom(from.slice(0, -1))}>
            {t.newer}
          </button>
          <button type="button" disabled={data?.studies.length !== MOST}
            onClick={() => end && setFrom([...from, end])}>
            {t.older}
          </button>
        </p>
      )}
      {taken && <Result taken={taken} left={left} of={of} />}
      <div class="buttons">
        {left > 0 ? (
          <button type="button" onClick={stop}>
            {t.stop}
          </button>
        ) : (
          <button type="button" onClick={onClose}>
            {texts.close}
          </button>
        )}
        <button type="button" class="primary" disabled={left > 0 || chosen.size === 0}
          onClick={start}>
          {t.takeStudies(chosen.size)}
        </button>
      </div>
    </Dialog>
  );
}
