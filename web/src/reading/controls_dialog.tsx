// Keys and mouse buttons, which a reader may change.
import { useState } from 'preact/hooks';
import type { ReadingLabel } from '../api_types';
import { Dialog, Field, Notice } from '../parts';
import { texts } from '../texts';
import { keepControls, useControls } from './controls';
import {
  codeOf,
  type Command,
  commands,
  type Controls,
  defaultControls,
  type Drag,
  drags,
  keyName,
  ownerOf,
} from './key_table';

const t = texts.reading;

interface ControlsProps {
  login: string;
  labels: readonly ReadingLabel[];
  onClose: () => void;
}

function DragField(props: { label: string; value: Drag; onChange: (drag: Drag) => void }) {
  return (
    <Field label={props.label}>
      {(id) => (
        <select id={id} value={props.value}
          onChange={(e) => props.onChange(e.currentTarget.value as Drag)}>
          {drags.map((d) => (
            <option key={d} value={d}>
              {t.drags[d]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function ControlsDialog({ login, labels, onClose }: ControlsProps) {
  const controls = useControls();
  const [changing, setChanging] = useState<Command | null>(null);
  const [problem, setProblem] = useState('');
  const keep = (change: Partial<Controls>): void =>
    setProblem(keepControls(login, { ...controls, ...change }) ? '' : t.controls.notKept);

  const give = (command: Command, e: KeyboardEvent): void => {
    if (e.key === 'Tab') return; // the next button
    e.preventDefault();
    e.stopPropagation();
    if (e.key === 'Escape') return setChanging(null);
    if (['Shift', 'Control', 'Alt', 'AltGraph', 'Meta'].includes(e.key)) return;
    const code = e.ctrlKey || e.altKey || e.metaKey ? null : codeOf(e);
    if (!code) return setProblem(t.controls.fixed);
    const owner = ownerOf(controls.keys, labels, code);
    if (owner && !('command' in owner && owner.command === command)) {
      const name = 'label' in owner ? owner.label.name : t.commands[owner.command];
      return setProblem(t.controls.taken(keyName(code), name));
    }
    keep({ keys: { ...controls.keys, [command]: code } });
    setChanging(null);
  };
  return (
    <Dialog title={t.controls.title} onClose={onClose}>
      <div class="help" tabIndex={0}>
        <p class="muted small">{t.controls.text}</p>
        <DragField label={t.controls.right} value={controls.right}
          onChange={(right) => keep({ right })} />
        <DragField label={t.controls.middle} value={controls.middle}
          onChange={(middle) => keep({ middle })} />
        <table class="actions-table">
          <tbody>
            {commands.map((c) => (
              <tr key={c}>
                <th scope="row">{t.commands[c]}</th>
                <td class="actions">
                  <button type="button" aria-pressed={changing === c} data-command={c}
                    aria-label={`${t.commands[c]}: ${keyName(controls.keys[c])}`}
                    onClick={() => setChanging(changing === c ? null : c)}
                    onBlur={() => setChanging(null)}
                    onKeyDown={(e) => changing === c && give(c, e)}>
                    {changing === c ? t.controls.press : <kbd>{keyName(controls.keys[c])}</kbd>}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      <div class="buttons">
        <button type="button"
          onClick={() => {
            setChanging(null);
            keep(defaultControls);
          }}>
          {t.controls.defaults}
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {texts.close}
        </button>
      </div>
    </Dialog>
  );
}
