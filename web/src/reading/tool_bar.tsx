// Buttons for how the film is shown.
import type { FilmPixels } from '../api_types';
import { texts } from '../texts';
import { type Choice, presetsOf } from './grey';
import type { Turn } from './pose';

const t = texts.reading;

interface ToolBarProps {
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
  onChoice: (choice: Choice) => void;
}

interface ToolProps {
  name: string;
  sign: string;
  keyName: string;
  pressed?: boolean;
  onClick: () => void;
}

function Tool({ name, sign, keyName, pressed, onClick }: ToolProps) {
  return (
    <button type="button" class="tool" title={`${name} (${keyName})`} aria-label={name}
      aria-pressed={pressed} onClick={onClick}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

const same = (a: Choice, b: Choice): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The name of a window; "own" if it was dragged. */
export function presetName(d: FilmPixels, choice: Choice): string {
  const found = presetsOf(d).find((p) => same(p.choice, choice));
  return t.presets[found?.name ?? 'own'];
}

export function nextPreset(d: FilmPixels, choice: Choice): Choice {
  const presets = presetsOf(d);
  const i = presets.findIndex((p) => same(p.choice, choice));
  return presets[(i + 1) % presets.length]?.choice ?? null;
}

export function ToolBar(props: ToolBarProps) {
  const { description: d, choice } = props;
  const presets = d ? presetsOf(d) : [];
  const i = presets.findIndex((p) => same(p.choice, choice));
  return (
    <div class="tool-bar" role="group" aria-label={t.tools.label}>
      <Tool name={t.tools.fit} sign="⤢" keyName="F" onClick={props.onFit} />
      <Tool name={t.tools.actual} sign="1:1" keyName="O" onClick={props.onActual} />
      <Tool name={t.tools.left} sign="↺" keyName="Shift+R" onClick={() => props.onTurn('left')} />
      <Tool name={t.tools.right} sign="↻" keyName="R" onClick={() => props.onTurn('right')} />
      <Tool name={t.tools.mirror} sign="⇋" keyName="H"
        onClick={() => props.onTurn('acrossMirror')} />
      <Tool name={t.tools.mirrorDown} sign="⥮" keyName="V"
        onClick={() => props.onTurn('downMirror')} />
      <Tool name={t.tools.invert} sign="◐" keyName="I" pressed={props.inverted}
        onClick={props.onInvert} />
      <Tool name={t.tools.magnifier} sign="⌕" keyName="M" pressed={props.magnifier}
        onClick={props.onMagnifier} />
      <Tool name={t.tools.hide} sign="◌" keyName="X" pressed={props.hidden}
        onClick={props.onHide} />
      {props.two && (
        <Tool name={t.tools.sideBySide} sign="◫" keyName="S" pressed={props.sideBySide}
          onClick={props.onSideBySide} />
      )}
      <label class="preset">
        <span class="hidden">{t.tools.window}</span>
        <select value={i} title={`${t.tools.window} (W)`}
          onChange={(e) => {
            props.onChoice(presets[Number(e.currentTarget.value)]?.choice ?? null);
            e.currentTarget.blur();
          }}>
          {i < 0 && <option value={-1}>{t.presets.own}</option>}
          {presets.map((p, k) => (
            <option key={p.name} value={k}>
              {t.presets[p.name]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
