// A study: its films with the boxes, and what is known and done about it.
import { useState } from 'preact/hooks';

import type { Film, Finding, Session, Study } from './api_types';
import { filmNames } from './film_names';
import { FindingTable } from './findings';
import { useKeys } from './keys';
import { useData } from './load';
import { Opinions } from './opinions';
import { Badge, Notice, Waiting } from './parts';
import { address } from './router';
import { texts } from './texts';
import { Events, Work } from './study_work';
import { dayText, timeText } from './time';
import { Versions } from './versions';
import { Probability, Verdict } from './verdict';
import { Viewer } from './viewer';

const SECONDS = 5;
const t = texts.study;

function StudyHead({ study }: { study: Study }) {
  const received = Math.max(...study.films.map((f) => f.received));
  return (
    <header class="study-head">
      <a href={address()} class="back">
        ← {t.back}
      </a>
      <h1>{t.title(study.patient_id || texts.worklist.noPatient)}</h1>
      {study.issuer && <span class="muted">{study.issuer}</span>}
      {study.study_date && <span class="time">{dayText(study.study_date)}</span>}
      {study.accession && <span>{t.accession(study.accession)}</span>}
      <span class="muted time">{t.received(timeText(received))}</span>
      <Badge tone={study.state === 'dead' ? 'bad' : study.state === 'open' ? 'info' : 'plain'}>
        {texts.states[study.state]}
      </Badge>
      <Probability value={study.probability} />
      <Verdict
        probability={study.probability}
        abnormal={study.abnormal}
        pending={study.state === 'open'}
      />
      <span class="muted">{t.version(study.revision)}</span>
      {study.demonstration && <Badge tone="bad">{t.demonstration}</Badge>}
    </header>
  );
}

interface FilmsProps {
  films: Film[];
  chosen: Finding | null;
  onChoose: (finding: Finding | null) => void;
}

function Films({ films, chosen, onChoose }: FilmsProps) {
  const [boxes, setBoxes] = useState(true);
  const [inverted, setInverted] = useState(false);
  const notes = [...new Set(films.flatMap((f) => f.notes ?? []))];
  const names = filmNames(films);
  useKeys({ b: () => setBoxes(!boxes), i: () => setInverted(!inverted) });
  return (
    <section class="films" aria-label={t.films}>
      <div class="tools">
        <label>
          <input type="checkbox" checked={boxes} onChange={() => setBoxes(!boxes)} />
          {texts.viewer.boxes} <kbd>b</kbd>
        </label>
        <label>
          <input type="checkbox" checked={inverted} onChange={() => setInverted(!inverted)} />
          {texts.viewer.invert} <kbd>i</kbd>
        </label>
        <span class="research">{notes.join('; ')}</span>
      </div>
      <div class="side-by-side">
        {films.map((film, i) => (
          <Viewer
            key={film.sop_uid}
            film={film}
            title={names[i] ?? ''}
            boxes={boxes}
            inverted={inverted}
            chosen={chosen}
            onChoose={onChoose}
          />
        ))}
      </div>
    </section>
  );
}

function Warnings({ films }: { films: Film[] }) {
  const names = filmNames(films);
  const all = films.flatMap((f, i) =>
    (f.result?.warnings ?? []).map((w) => `${names[i]}: ${w}`),
  );
  if (!all.length) return null;
  return (
    <section>
      <h2>{t.warnings}</h2>
      {all.map((w) => (
        <p key={w} class="warn-text">
          {w}
        </p>
      ))}
    </section>
  );
}

export function StudyPage({ uid, role }: { uid: string; role: Session['role'] }) {
  const { data: study, error, reload } = useData<Study>(
    `/api/studies/${encodeURIComponent(uid)}`,
    SECONDS,
  );
  const [chosen, setChosen] = useState<Finding | null>(null);
  useKeys({ u: () => (location.hash = address()) });
  if (!study) return <Waiting error={error} retry={() => void reload()} />;
  return (
    <div class="study">
      <StudyHead study={study} />
      {error && <Notice tone="bad">{texts.errors.refresh(error)}</Notice>}
      {study.state === 'dead' && <Notice tone="bad">{study.reason}</Notice>}
      <Films films={study.films} chosen={chosen} onChoose={setChosen} />
      <aside class="panel" aria-label={t.title(study.patient_id)}>
        <FindingTable films={study.films} chosen={chosen} onChoose={setChosen} />
        <Warnings films={study.films} />
        <Opinions study={study} onChange={reload} />
        <Versions study={study} onChange={reload} />
        <Work study={study} role={role} onChange={reload} />
        <Events study={study} />
      </aside>
    </div>
  );
}
