// A new project of the reading room.
import { useState } from 'preact/hooks';
import { post } from '../api';
import type { ReadingNewProject } from '../api_types';
import { useAction } from '../load';
import { Dialog, Field, Notice } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_GUIDE, MOST_KEY, MOST_NAME, trimmed } from '../typed';
import { NumberField } from './manager_assign';

const t = texts.manager;

type Draft = Required<Omit<ReadingNewProject, 'seed'>>;

const empty: Draft = {
  key: '',
  name: '',
  guide: '',
  readers: 2,
  order: 'random',
  prelabels: 'none',
  confidence: false,
};

/** A choice of words, with a text for each. */
export function Choice<W extends string>(props: {
  label: string;
  value: W;
  words: Record<W, string>;
  onChange: (word: W) => void;
  hint?: string;
}) {
  return (
    <Field label={props.label} {...(props.hint ? { hint: props.hint } : {})}>
      {(id) => (
        <select id={id} value={props.value}
          onChange={(e) => props.onChange(e.currentTarget.value as W)}>
          {Object.entries<string>(props.words).map(([word, text]) => (
            <option key={word} value={word}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

function Names({ draft, change }: FieldsProps) {
  return (
    <>
      <TextField label={t.newKey} hint={t.newKeyHint} required pattern="[a-z0-9][a-z0-9\-]*"
        value={draft.key} most={MOST_KEY} onText={(key) => change({ key })} />
      <TextField label={t.newName} value={draft.name} most={MOST_NAME}
        onText={(name) => change({ name })} />
      <TextField label={t.newGuide} hint={t.newGuideHint} rows={4} value={draft.guide}
        most={MOST_GUIDE} onText={(guide) => change({ guide })} />
    </>
  );
}

function Protocol({ draft, change }: FieldsProps) {
  return (
    <>
      <NumberField label={t.perStudy} value={String(draft.readers)} least={1} most={20}
        onChange={(text) => change({ readers: Number(text) })} />
      <Choice label={t.newOrder} value={draft.order} words={t.newOrders}
        onChange={(order) => change({ order })} />
      <Choice label={t.newPrelabels} value={draft.prelabels} words={t.modes}
        hint={t.newPrelabelsHint} onChange={(prelabels) => change({ prelabels })} />
      <label class="check">
        <input type="checkbox" checked={draft.confidence}
          onChange={() => change({ confidence: !draft.confidence })} />
        {t.newConfidence}
      </label>
    </>
  );
}

export function NewProject(props: { onDone: (key: string) => void; onClose: () => void }) {
  const [draft, setDraft] = useState(empty);
  const action = useAction();
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = trimmed(draft.name) || draft.key;
    if (await action.start(() => post('/api/reading/projects', { ...draft, name })))
      props.onDone(draft.key);
  };
  return (
    <Dialog title={t.newTitle} onClose={props.onClose}>
      <form onSubmit={(e) => void save(e)}>
        <Names draft={draft} change={change} />
        <Protocol draft={draft} change={change} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <div class="buttons">
          <button type="button" onClick={props.onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="primary" disabled={action.busy || !draft.key}>
            {t.newSubmit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
