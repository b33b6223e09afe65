// What the manager of a project does with its studies: assigning, locking, adjudication.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingAssigned, ReadingAssignment, ReadingTaskCount } from '../api_types';
import { useAction } from '../load';
import { Field, Notice } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_ARM, trimmed } from '../typed';

const t = texts.manager;

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
  children?: ComponentChildren;
}) {
  const [text, setText] = useState('');
  const [done, setDone] = useState('');
  const action = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.start(async () => setDone(await props.send(logins(text))));
  };
  return (
    <form onSubmit={submit} class="manager-form">
      <p class="muted small">{props.text}</p>
      <Field label={props.label}>
        {(id) => (
          <input id={id} value={text} required onInput={(e) => setText(e.currentTarget.value)} />
        )}
      </Field>
      {props.children}
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      {done && !action.error && <Notice tone="good">{done}</Notice>}
      <button type="submit" disabled={action.busy || logins(text).length === 0}>
        {props.submit}
      </button>
    </form>
  );
}

interface NumberProps {
  label: string;
  /** Empty: as the project says. */
  value: string;
  most: number;
  least?: number;
  placeholder?: string;
  onChange: (value: string) => void;
}

export function NumberField({ label, value, least = 0, most, placeholder, onChange }: NumberProps) {
  return (
    <Field label={label}>
      {(id) => (
        <input id={id} type="number" min={least} max={most} step="1" value={value}
          placeholder={placeholder} onInput={(e) => onChange(e.currentTarget.value)} />
      )}
    </Field>
  );
}

interface Options {
  perStudy: string;
  round: string;
  /** Of a hundred. */
  control: string;
  rereading: string;
  arm: string;
  session: string;
}

function assignment(readers: string[], o: Options): ReadingAssignment {
  const made: ReadingAssignment = { readers };
  if (o.perStudy) made.per_study = Number(o.perStudy);
  if (o.round) made.round = Number(o.round);
  if (o.control) made.control = Number(o.control) / 100;
  if (trimmed(o.arm)) made.arm = trimmed(o.arm);
  if (o.session) made.session = Number(o.session);
  if (o.rereading) made.rereading = Number(o.rereading) / 100;
  return made;
}

export function Assign({ project, onDone }: ActionProps) {
  const [o, setOptions] = useState<Options>({
    ...{ perStudy: '', round: '', control: '10', rereading: '', arm: '', session: '' },
  });
  const change = (part: Partial<Options>): void => setOptions({ ...o, ...part });
  const send = async (readers: string[]): Promise<string> => {
    const path = route`/api/reading/projects/${project}/assign`;
    const answer = await post<ReadingAssigned>(path, assignment(readers, o));
    onDone();
    return t.assignedAll(answer.tasks, answer.control, answer.repeats);
  };
  return (
    <section>
      <h2>{t.assign}</h2>
      <LoginsForm label={t.readers} text={t.assignText} submit={t.assignSubmit} send={send}>
        <details class="more">
          <summary>{t.assignMore}</summary>
          <NumberField label={t.perStudy} value={o.perStudy} least={1} most={20}
            placeholder={t.asProject} onChange={(perStudy) => change({ perStudy })} />
          <NumberField label={t.round} value={o.round} least={1} most={100} placeholder="1"
            onChange={(round) => change({ round })} />
          <NumberField label={t.rereading} value={o.rereading} most={100} placeholder="0"
            onChange={(rereading) => change({ rereading })} />
          <NumberField label={t.control} value={o.control} most={100}
            onChange={(control) => change({ control })} />
          <TextField label={t.arm} hint={t.armHint} value={o.arm} most={MOST_ARM}
            onText={(arm) => change({ arm })} />
          <NumberField label={t.session} value={o.session} least={1} most={100} placeholder="1"
            onChange={(session) => change({ session })} />
        </details>
      </LoginsForm>
    </section>
  );
}

export function Adjudicate({ project, onDone }: ActionProps) {
  const action = useAction();
  const [locked, setLocked] = useState('');
  const [round, setRound] = useState('1');
  const chosen = { round: Number(round) || 1 };
  const lock = (): void =>
    void action.start(async () => {
      const path = route`/api/reading/projects/${project}/lock`;
      const answer = await post<ReadingTaskCount>(path, chosen);
      setLocked(t.locked(answer.tasks));
      onDone();
    });
  const send = async (adjudicators: string[]): Promise<string> => {
    const path = route`/api/reading/projects/${project}/adjudication`;
    const answer = await post<ReadingTaskCount>(path, { adjudicators, ...chosen });
    onDone();
    return t.assigned(answer.tasks);
  };
  return (
    <section>
      <h2>{t.lock}</h2>
      <div class="manager-form">
        <p class="muted small">{t.lockText}</p>
        <NumberField label={t.round} value={round} least={1} most={100} onChange={setRound} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        {locked && !action.error && <Notice tone="good">{locked}</Notice>}
        <button type="button" disabled={action.busy} onClick={lock}>
          {t.lockSubmit}
        </button>
      </div>
      <h2>{t.adjudicate}</h2>
      <LoginsForm label={t.adjudicators} text={t.adjudicateText} submit={t.adjudicate}
        send={send} />
    </section>
  );
}
