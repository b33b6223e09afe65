// The worklist: all studies, with their results and what is left to do.
import { useEffect, useRef, useState } from 'preact/hooks';

import type { StudyList, StudyRow } from './api_types';
import { useKeys } from './keys';
import { useData } from './load';
import { Badge, Notice, Waiting } from './parts';
import { address } from './router';
import { texts } from './texts';
import { clockText, dayText, minuteText, timeText } from './time';
import { Probability, Verdict } from './verdict';
import type { Choice, Column } from './worklist_rows';
import { hasProblem, inPlace, newRows, requestOf } from './worklist_rows';

const PAGE = 50; // studies of a request
const SECONDS = 5; // between two requests
const TYPING = 250; // milliseconds after the last letter of a search

const t = texts.worklist;

const columns: { column: Column; title: string; number?: boolean }[] = [
  { column: 'patient_id', title: t.patient },
  { column: 'study_date', title: t.date },
  { column: 'received', title: t.received },
  { column: 'state', title: t.state },
  { column: 'probability', title: t.probability },
  { column: 'findings', title: t.findings, number: true },
  { column: 'films', title: t.films, number: true },
  { column: 'undelivered', title: t.deliveries },
  { column: 'opinions', title: t.opinions, number: true },
  { column: 'dead_jobs', title: t.problem },
];

const tones = { open: 'info', built: 'plain', dead: 'bad' } as const;

function Problems({ row }: { row: StudyRow }) {
  if (!hasProblem(row)) return <span class="muted">{texts.none}</span>;
  return (
    <>
      {row.state === 'dead' && <div class="bad-text">{row.reason || texts.states.dead}</div>}
      {row.dead_jobs > 0 && <div class="bad-text">{t.deadJobs(row.dead_jobs)}</div>}
      {row.not_scored > 0 && <div class="warn-text">{t.notScored(row.not_scored)}</div>}
    </>
  );
}

function Delivered({ row }: { row: StudyRow }) {
  const all = row.delivered + row.undelivered;
  if (all === 0) return <span class="muted">{texts.none}</span>;
  const text = t.delivered(row.delivered, all);
  return row.undelivered ? <span class="warn-text">{text}</span> : <>{text}</>;
}

/** A study that stopped has no result, for instance because its films are of two patients. */
function resultOf(row: StudyRow) {
  return row.state === 'dead' ? { probability: null, abnormal: null } : row;
}

function Row({ row }: { row: StudyRow }) {
  const result = resultOf(row);
  const open = (): void => {
    location.hash = address('studies', row.study_uid);
  };
  return (
    <tr onClick={open} data-study={row.study_uid}>
      <th scope="row">
        <a href={address('studies', row.study_uid)} onClick={(e) => e.stopPropagation()}>
          {row.patient_id || t.noPatient}
        </a>
        {row.issuer && <small>{row.issuer}</small>}
      </th>
      <td class="time">
        {row.study_date ? dayText(row.study_date) : texts.none}
        {row.accession && <small>{row.accession}</small>}
      </td>
      <td class="time" title={timeText(row.received)}>
        {minuteText(row.received)}
      </td>
      <td>
        <Badge tone={tones[row.state]}>{texts.states[row.state]}</Badge>
      </td>
      <td class="result">
        <Probability value={result.probability} />
        <Verdict
          probability={result.probability}
          abnormal={result.abnormal}
          pending={row.state === 'open'}
        />
      </td>
      <td class="number">{row.findings}</td>
      <td class="number">{row.films}</td>
      <td>
        <Delivered row={row} />
      </td>
      <td class="number">{row.opinions}</td>
      <td>
        <Problems row={row} />
      </td>
    </tr>
  );
}

interface TableProps {
  rows: StudyRow[];
  choice: Choice;
  onChoose: (choice: Choice) => void;
}

function Table({ rows, choice, onChoose }: TableProps) {
  const sort = (column: Column): void =>
    onChoose({
      ...choice,
      column,
      ascending: choice.column === column ? !choice.ascending : column === 'patient_id',
    });
  return (
    <table class="worklist">
      <caption class="hidden">{t.caption}</caption>
      <thead>
        <tr>
          {columns.map((c) => {
            const by = choice.column === c.column;
            const order = choice.ascending ? 'ascending' : 'descending';
            return (
              <th key={c.column} scope="col" class={c.number ? 'number' : ''}
                aria-sort={by ? order : 'none'}>
                <button type="button" onClick={() => sort(c.column)}>
                  {c.title}
                  <span aria-hidden="true">{by ? (choice.ascending ? ' ▲' : ' ▼') : ''}</span>
                </button>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.study_uid} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Empty({ predicts }: { predicts: boolean }) {
  if (!predicts)
    return (
      <div class="empty">
        <h2>{t.noWeights}</h2>
        <p>{t.noWeightsText}</p>
        <pre>{t.noWeightsCommand}</pre>
      </div>
    );
  return (
    <div class="empty">
      <h2>{t.empty}</h2>
      <p>{t.emptyText}</p>
      <pre>{t.emptyCommand}</pre>
      <p class="muted">{t.emptyNote}</p>
    </div>
  );
}

/** The choice, as soon as nobody is typing any more. */
function useSettled(choice: Choice): Choice {
  const [settled, setSettled] = useState(choice);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(choice), TYPING);
    return () => clearTimeout(timer);
  }, [choice.text]);
  return { ...choice, text: settled.text };
}

/** The studies on display: they do not change their places while somebody is further down. */
function useRows(request: string) {
  const loaded = useData<StudyList>(request, SECONDS);
  const [shown, setShown] = useState<StudyList | null>(null);
  const last = useRef(request);
  const fresh = loaded.data;
  useEffect(() => {
    if (!fresh) return;
    const hold = last.current === request && scrollY > 80;
    last.current = request;
    const kept = (old: StudyList): StudyList => ({
      ...fresh,
      studies: inPlace(old.studies, fresh.studies),
    });
    setShown((old) => (old && hold ? kept(old) : fresh));
  }, [fresh, request]);
  return { ...loaded, shown, fresh, show: () => setShown(fresh) };
}

/** j and k move between the studies. */
function moveFocus(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('table.worklist tbody th a')];
  const at = links.findIndex((link) => link === document.activeElement);
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

interface BarProps {
  choice: Choice;
  onChoose: (choice: Choice) => void;
  search: { current: HTMLInputElement | null };
}

function FilterBar({ choice, onChoose, search }: BarProps) {
  return (
    <div class="filters" role="search">
      <input
        ref={search}
        type="search"
        aria-label={t.search}
        placeholder={t.search}
        value={choice.text}
        onInput={(e) => onChoose({ ...choice, text: e.currentTarget.value })}
      />
      <select
        aria-label={t.state}
        value={choice.state}
        onChange={(e) => onChoose({ ...choice, state: e.currentTarget.value })}
      >
        <option value="">{t.allStates}</option>
        {Object.entries(texts.states).map(([state, title]) => (
          <option key={state} value={state}>
            {title}
          </option>
        ))}
        <option value="problems">{t.problems}</option>
      </select>
    </div>
  );
}

interface PagerProps {
  first: number;
  visible: number;
  count: number;
  onFirst: (first: number) => void;
}

function Pager({ first, visible, count, onFirst }: PagerProps) {
  return (
    <div class="pager">
      {visible > 0 && <span>{t.shown(first + 1, first + visible, count)}</span>}
      {count > PAGE && (
        <>
          <button type="button" disabled={first === 0} onClick={() => onFirst(first - PAGE)}>
            {t.previous}
          </button>
          <button
            type="button"
            disabled={first + PAGE >= count}
            onClick={() => onFirst(first + PAGE)}
          >
            {t.next}
          </button>
        </>
      )}
    </div>
  );
}

const everything: Choice = { text: '', state: '', column: 'received', ascending: false };
let kept = { choice: everything, page: 0 }; // when a study is opened and closed again

const isEverything = (choice: Choice): boolean => !choice.text.trim() && !choice.state;

/** predicts: the service has weights. */
export function Worklist({ predicts }: { predicts: boolean }) {
  const [choice, setChoice] = useState(kept.choice);
  const [page, setPage] = useState(kept.page);
  const search = useRef<HTMLInputElement>(null);
  const settled = useSettled(choice);
  const data = useRows(requestOf(settled, page * PAGE, PAGE));
  const { shown, fresh } = data;
  kept = { choice, page };
  useKeys({
    '/': () => search.current?.focus(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
  });
  const choose = (next: Choice): void => {
    setChoice(next);
    setPage(0);
  };
  // the last page may become empty while it is shown
  const last = Math.max(0, Math.ceil((shown?.count ?? 0) / PAGE) - 1);
  useEffect(() => {
    if (shown && page > last) setPage(last);
  }, [shown, page, last]);
  const rows = shown?.studies ?? [];
  const added = shown && fresh ? newRows(rows, fresh.studies) : 0;
  const none = shown && shown.count === 0;
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
        <FilterBar choice={choice} onChoose={choose} search={search} />
        <p class="muted updated">{data.at > 0 && t.updated(clockText(data.at))}</p>
      </div>
      {shown && data.error && <Notice tone="bad">{texts.errors.refresh(data.error)}</Notice>}
      {!shown && <Waiting error={data.error} retry={() => void data.reload()} />}
      {none && isEverything(settled) && <Empty predicts={predicts} />}
      {none && !isEverything(settled) && <p class="nothing">{t.noMatch}</p>}
      {rows.length > 0 && <Table rows={rows} choice={choice} onChoose={choose} />}
      {added > 0 && (
        <button type="button" class="primary pill" onClick={() => (data.show(), scrollTo(0, 0))}>
          {t.fresh(added)}
        </button>
      )}
      {shown && (
        <Pager
          first={page * PAGE}
          visible={rows.length}
          count={shown.count}
          onFirst={(n) => setPage(n / PAGE)}
        />
      )}
    </div>
  );
}
