// What people say of a result: the form, and all opinions so far.
import { useState } from 'preact/hooks';

import { post, route } from './api';
import type { NewOpinion, Opinion, Study } from './api_types';
import { useKeys } from './keys';
import { useAction } from './load';
import { Field, Notice } from './parts';
import { texts } from './texts';
import { TextField } from './text_field';
import { timeText } from './time';
import { MOST_OPINION, trimmed } from './typed';

const t = texts.study;

type VerdictWord = Opinion['verdict'];

interface Draft {
  agrees: boolean | null;
  verdict: VerdictWord;
  comment: string;
}

const nothing: Draft = { agrees: null, verdict: '', comment: '' };

function Agreement({ value, onChange }: {
  value: boolean | null;
  onChange: (agrees: boolean | null) => void;
}) {
  const choose = (agrees: boolean): void => onChange(value === agrees ? null : agrees);
  return (
    <div class="agreement" role="group" aria-label={t.opinion}>
      <button type="button" aria-pressed={value === true} onClick={() => choose(true)}>
        {t.agree} <kbd aria-hidden="true">a</kbd>
      </button>
      <button type="button" aria-pressed={value === false} onClick={() => choose(false)}>
        {t.disagree} <kbd aria-hidden="true">d</kbd>
      </button>
    </div>
  );
}

function OpinionForm({ study, onChange }: { study: Study; onChange: () => Promise<void> }) {
  const [draft, setDraft] = useState(nothing);
  const [fault, setFault] = useState('');
  const [saved, setSaved] = useState(false);
  const action = useAction();
  const change = (part: Partial<Draft>): void => {
    setDraft({ ...draft, ...part });
    setSaved(false);
    setFault('');
  };
  useKeys({ a: () => change({ agrees: true }), d: () => change({ agrees: false }) });

  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (draft.agrees === null && !draft.verdict && !trimmed(draft.comment)) return setFault(t.say);
    const body: NewOpinion = { ...draft, comment: trimmed(draft.comment) };
    const ok = await action.start(() => post(route`/api/studies/${study.study_uid}/opinion`, body));
    if (!ok) return;
    setDraft(nothing);
    setSaved(true);
    await onChange();
  };
  return (
    <form onSubmit={(e) => void save(e)}>
      <Agreement value={draft.agrees} onChange={(agrees) => change({ agrees })} />
      <Field label={t.verdict}>
        {(id) => (
          <select
            id={id}
            value={draft.verdict}
            onChange={(e) => change({ verdict: e.currentTarget.value as VerdictWord })}
          >
            <option value="">{t.verdictNone}</option>
            {Object.entries(t.verdictWords).map(([word, title]) => (
              <option key={word} value={word}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TextField label={t.comment} rows={3} placeholder={t.commentHint} value={draft.comment}
        most={MOST_OPINION} onText={(comment) => change({ comment })} />
      {(fault || action.error) && <Notice tone="bad">{fault || action.error}</Notice>}
      {saved && <Notice tone="good">{t.saved}</Notice>}
      <button type="submit" class="primary" disabled={action.busy}>
        {t.save}
      </button>
    </form>
  );
}

function OpinionItem({ opinion }: { opinion: Opinion }) {
  const said = [
    opinion.agrees === null ? '' : opinion.agrees ? t.agrees : t.disagrees,
    opinion.verdict && t.verdictWords[opinion.verdict],
  ].filter(Boolean);
  return (
    <li>
      <strong>{opinion.who}</strong> {said.join(', ')}{' '}
      <small>
        {timeText(opinion.at)}, {t.onVersion(opinion.revision)}
      </small>
      {opinion.comment && <p class="comment">{opinion.comment}</p>}
    </li>
  );
}

export function Opinions({ study, onChange }: { study: Study; onChange: () => Promise<void> }) {
  return (
    <section>
      <h2>{t.opinion}</h2>
      <OpinionForm study={study} onChange={onChange} />
      <h3>{t.history}</h3>
      {study.opinions.length === 0 && <p class="muted">{t.noHistory}</p>}
      <ul class="opinions">
        {study.opinions.map((o, i) => (
          <OpinionItem key={i} opinion={o} />
        ))}
      </ul>
    </section>
  );
}
