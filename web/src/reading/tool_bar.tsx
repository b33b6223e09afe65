// Buttons for how the film is shown.
import type { FilmPixels } from '../api_types';
import { texts } from '../texts';
import { type Choice, type NamedChoice, presetsOf } from './grey';
import { type KeyTable, keyName } from './key_table';
import type { Turn } from './pose';

const t = texts.reading;

interface ToolBarProps {
  keys: KeyTable;
  description: FilmPixels | null;
  choice: Choice;
  inverted: boolean;
  magnifier: boolean;
  sideBySide: boolean;
  hidden: boolean;
  two: boolean;
  onFit: () => void;
  onActual: () => void;
  onTurn: (turn: Turn) => void;
  onInvert: () => void;
  onMagnifier: () => void;
  onSideBySide: () => void;
  onHide: () => void;
  /** null: this is the second window. */
  onSecond: (() => void) | null;
  onChoice: (choice: Choice) => void;
}

interface ToolProps {
  name: string;
  sign: string;
  /** Absent: it has no key. */
  code?: string;
  pressed?: boolean;
  onClick: () => void;
}

function Tool({ name, sign, code, pressed, onClick }: ToolProps) {
  return (
    <button type="button" class="tool" aria-label={name}
      title={code ? `${name} (${keyName(code)})` : name}
      aria-pressed={pressed} onClick={onClick}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

const same = (a: Choice, b: Choice): boolean => JSON.stringify(a) === JSON.stringify(b);

const nameOf = (p: NamedChoice): string =>
  p.number ? t.windowNumber(p.number) : t.presets[p.name];

/** The name of a window; "own" if it was dragged. */
export function presetName(d: FilmPixels, choice: Choice): string {
  const found = presetsOf(d).find((p) => same(p.choice, choice));
  return found ? nameOf(found) : t.presets.own;
}

export function nextPreset(d: FilmPixels, choice: Choice): Choice {
  const presets = presetsOf(d);
  const i = presets.findIndex((p) => same(p.choice, choice));
  return presets[(i + 1) % presets.length]?.choice ?? null;
}

export function ToolBar(props: ToolBarProps) {
  const { description: d, choice, keys: k } = props;
  const presets = d ? presetsOf(d) : [];
  const i = presets.findIndex((p) => same(p.choice, choice));
  return (
    <div class="tool-bar" role="group" aria-label={t.tools.label}>
      <Tool name={t.tools.fit} sign="⤢" code={k.fit} onClick={props.onFit} />
      <Tool name={t.tools.actual} sign="1:1" code={k.actual} onClick={props.onActual} />
      <Tool name={t.tools.left} sign="↺" code={k.turnLeft} onClick={() => props.onTurn('left')} />
      <Tool name={t.tools.right} sign="↻" code={k.turnRight}
        onClick={() => props.onTurn('right')} />
      <Tool name={t.tools.mirror} sign="⇋" code={k.mirrorAcross}
        onClick={() => props.onTurn('acrossMirror')} />
      <Tool name={t.tools.mirrorDown} sign="⥮" code={k.mirrorDown}
        onClick={() => props.onTurn('downMirror')} />
      <Tool name={t.tools.invert} sign="◐" code={k.invert} pressed={props.inverted}
        onClick={props.onInvert} />
      <Tool name={t.tools.magnifier} sign="⌕" code={k.magnifier} pressed={props.magnifier}
        onClick={props.onMagnifier} />
      <Tool name={t.tools.hide} sign="◌" code={k.hide} pressed={props.hidden}
        onClick={props.onHide} />
      {props.two && (
        <Tool name={t.tools.sideBySide} sign="◫" code={k.sideBySide} pressed={props.sideBySide}
          onClick={props.onSideBySide} />
      )}
      {props.two && props.onSecond && (
        <Tool name={t.tools.second} sign="❐" onClick={props.onSecond} />
      )}
      <label class="preset">
        <span class="hidden">{t.tools.window}</span>
        <select value={i} title={`${t.tools.window} (${keyName(k.nextWindow)})`}
          onChange={(e) => {
            props.onChoice(presets[Number(e.currentTarget.value)]?.choice ?? null);
            e.currentTarget.blur();
          }}>
          {i < 0 && <option value={-1}>{t.presets.own}</option>}
          {presets.map((p, n) => (
            <option key={`${p.name} ${p.number}`} value={n}>
              {nameOf(p)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
