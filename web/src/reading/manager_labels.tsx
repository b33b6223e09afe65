// The labels of a project: findings with their attributes, tags of films and studies. None is ever
// deleted, because marks have them.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingLabel, ReadingLabelList, ReadingNewLabel } from '../api_types';
import { useAction, useData } from '../load';
import { Dialog, Notice, Waiting } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_ATTRIBUTES, MOST_NAME, trimmed } from '../typed';
import { keyName } from './key_table';
import { Choice } from './manager_new';

const t = texts.manager;

type Kind = 'box' | 'film' | 'study';

/** What a label marks; the reserved kinds are drawn like boxes. */
const kindOf = (label: ReadingLabel): Kind =>
  label.kind === 'film' || label.kind === 'study' ? label.kind : 'box';

const split = (text: string): string[] =>
  text.split(',').map(trimmed).filter(Boolean);

/** The digits; the service says if another label has the chosen one. */
const codes = ['', 'Shift+'].flatMap((shift) =>
  [...'1234567890'].map((digit) => `${shift}Digit${digit}`),
);
const digitKeys: Record<string, string> = {
  '': texts.none,
  ...Object.fromEntries(codes.map((code) => [code, keyName(code)])),
};

interface DialogProps {
  path: string;
  onDone: () => void;
  onClose: () => void;
}

function Buttons({ busy, onClose }: { busy: boolean; onClose: () => void }) {
  return (
    <div class="buttons">
      <button type="button" onClick={onClose}>
        {texts.cancel}
      </button>
      <button type="submit" class="primary" disabled={busy}>
        {t.labelAdd}
      </button>
    </div>
  );
}

function Attributes(props: { value: string; required: boolean; onText: (text: string) => void }) {
  return (
    <TextField label={t.labelAttributes} hint={t.labelAttributesHint} value={props.value}
      required={props.required} most={MOST_ATTRIBUTES} onText={props.onText} />
  );
}

function NewLabel({ path, onDone, onClose }: DialogProps) {
  const [kind, setKind] = useState<Kind>('box');
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [attributes, setAttributes] = useState('');
  const action = useAction();
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const ofBox = { code, attributes: split(attributes) };
    const made: ReadingNewLabel = { kind, name: trimmed(name), ...(kind === 'box' ? ofBox : {}) };
    if (await action.start(() => post(path, made))) onDone();
  };
  return (
    <Dialog title={t.labelNew} onClose={onClose}>
      <form onSubmit={(e) => void save(e)}>
        <Choice label={t.labelKind} value={kind} words={t.labelKinds} onChange={setKind} />
        <TextField label={t.newName} required value={name} most={MOST_NAME} onText={setName} />
        {kind === 'box' && (
          <>
            <Choice label={t.labelKey} value={code} words={digitKeys} onChange={setCode} />
            <Attributes value={attributes} required={false} onText={setAttributes} />
          </>
        )}
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <Buttons busy={action.busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function MoreAttributes({ label, path, onDone, onClose }: DialogProps & { label: ReadingLabel }) {
  const [attributes, setAttributes] = useState('');
  const action = useAction();
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const more = { attributes: split(attributes) };
    if (await action.start(() => post(`${path}/${label.label}`, more))) onDone();
  };
  return (
    <Dialog title={t.labelMore(label.name)} onClose={onClose}>
      <form onSubmit={(e) => void save(e)}>
        {label.attributes.length > 0 && <p>{label.attributes.join(', ')}</p>}
        <Attributes value={attributes} required onText={setAttributes} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <Buttons busy={action.busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function Row(props: { label: ReadingLabel; onRetire: () => void; onMore: () => void }) {
  const { label: l } = props;
  const kind = kindOf(l);
  const retire = l.retired ? t.labelRestore : t.labelRetire;
  return (
    <tr>
      <th scope="row">
        <span class="dot" style={{ background: l.color }} />
        {l.name}
        {l.retired && <small>{t.labelRetired}</small>}
      </th>
      <td>{t.labelKinds[kind]}</td>
      <td>{l.code && !l.retired && <kbd>{keyName(l.code)}</kbd>}</td>
      <td>{l.attributes.join(', ')}</td>
      <td class="actions">
        {kind === 'box' && !l.retired && (
          <button type="button" aria-label={t.labelMore(l.name)} onClick={props.onMore}>
            {t.labelAttributes}
          </button>
        )}{' '}
        <button type="button" aria-label={`${retire} ${l.name}`} onClick={props.onRetire}>
          {retire}
        </button>
      </td>
    </tr>
  );
}

export function Labels({ project }: { project: string }) {
  const path = route`/api/reading/projects/${project}/labels`;
  const { data, error, reload } = useData<ReadingLabelList>(path);
  const [open, setOpen] = useState<ReadingLabel | 'new' | null>(null);
  const action = useAction();
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  const close = (): void => setOpen(null);
  const done = (): void => {
    close();
    void reload();
  };
  const retire = (l: ReadingLabel): void =>
    void action.start(async () => {
      await post(`${path}/${l.label}`, { retired: !l.retired });
      await reload();
    });
  return (
    <section>
      <details class="labels">
        <summary>{t.labels}</summary>
        <button type="button" onClick={() => setOpen('new')}>
          {t.labelOpen}
        </button>
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <table>
          <thead>
            <tr>
              <th scope="col">{t.labelName}</th>
              <th scope="col">{t.labelKind}</th>
              <th scope="col">{t.labelKey}</th>
              <th scope="col">{t.labelAttributes}</th>
              <th scope="col" class="actions">
                <span class="hidden">{t.labelRetire}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.labels.map((l) => (
              <Row key={l.label} label={l} onRetire={() => retire(l)} onMore={() => setOpen(l)} />
            ))}
          </tbody>
        </table>
      </details>
      {open === 'new' && <NewLabel path={path} onDone={done} onClose={close} />}
      {open && open !== 'new' && (
        <MoreAttributes label={open} path={path} onDone={done} onClose={close} />
      )}
    </section>
  );
}
