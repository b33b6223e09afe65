// The keys that a reader may change, by their place on the keyboard (KeyboardEvent.code), with
// "Shift+" before those that need it. What each does stands in study_keys.ts.
import type { ReadingLabel } from '../api_types';
import { texts } from '../texts';

const defaults = {
  newBox: 'KeyB',
  deleteBox: 'Delete',
  noFinding: 'KeyN',
  reject: 'KeyJ',
  previousFilm: 'PageUp',
  nextFilm: 'PageDown',
  sideBySide: 'KeyS',
  fit: 'KeyF',
  actual: 'KeyO',
  turnRight: 'KeyR',
  turnLeft: 'Shift+KeyR',
  mirrorAcross: 'KeyH',
  mirrorDown: 'KeyV',
  invert: 'KeyI',
  nextWindow: 'KeyW',
  magnifier: 'KeyM',
  hide: 'KeyX',
  accept: 'KeyA',
  rejectBox: 'KeyD',
  lowerThreshold: 'BracketLeft',
  higherThreshold: 'BracketRight',
  question: 'KeyQ',
  guide: 'KeyG',
};

export type Command = keyof typeof defaults;
export type KeyTable = Readonly<Record<Command, string>>;

export const commands = Object.keys(defaults) as Command[];
export const defaultKeys: KeyTable = defaults;

/** What the middle and the right button do when they are dragged. */
export type Drag = 'pan' | 'window' | 'zoom';
export const drags: readonly Drag[] = ['window', 'pan', 'zoom'];

export interface Controls {
  keys: KeyTable;
  middle: Drag;
  right: Drag;
}

export const defaultControls: Controls = { keys: defaultKeys, middle: 'pan', right: 'window' };

// they do something that cannot be moved elsewhere
const fixed = /^(Shift\+)?(Tab|Enter|NumpadEnter|Escape|Space|Arrow\w+|Minus|Equal|Backspace)$/;
const modifier = /(Control|Shift|Alt|Meta|CapsLock|OS)(Left|Right)?$/;

/** The code of a key that is pressed; null: it cannot be given to a command. */
export function codeOf(e: Pick<KeyboardEvent, 'code' | 'shiftKey'>): string | null {
  const code = e.shiftKey ? `Shift+${e.code}` : e.code;
  return !e.code || fixed.test(code) || modifier.test(e.code) ? null : code;
}

/** Who has a key already: a command, or a finding. */
export function ownerOf(
  keys: KeyTable,
  labels: readonly ReadingLabel[],
  code: string,
): { command: Command } | { label: ReadingLabel } | null {
  const label = labels.find((l) => l.kind === 'box' && !l.retired && l.code === code);
  if (label) return { label };
  const command = commands.find((c) => keys[c] === code);
  return command ? { command } : null;
}

/** Keys that two findings, or a finding and a command, have. */
export function conflicts(keys: KeyTable, labels: readonly ReadingLabel[]): string[] {
  const used = labels.filter((l) => l.kind === 'box' && !l.retired && l.code).map((l) => l.code);
  const all = [...used, ...commands.map((c) => keys[c])];
  return [...new Set(all.filter((code, i) => all.indexOf(code) !== i))];
}

const isDrag = (v: unknown): v is Drag => drags.some((d) => d === v);

/** What was kept, as far as it can be used: commands that are unknown or have one key are not. */
export function controlsOf(kept: unknown): Controls {
  const from = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
  const given = (from.keys ?? {}) as Record<string, unknown>;
  const keys: Record<Command, string> = { ...defaults };
  for (const c of commands) {
    const code = given[c];
    if (typeof code === 'string' && code) keys[c] = code;
  }
  return {
    keys: conflicts(keys, []).length === 0 ? keys : defaultKeys,
    middle: isDrag(from.middle) ? from.middle : defaultControls.middle,
    right: isDrag(from.right) ? from.right : defaultControls.right,
  };
}

const names: Record<string, string> = {
  ...texts.reading.keyNames,
  BracketLeft: '[',
  BracketRight: ']',
  Semicolon: ';',
  Quote: "'",
  Comma: ',',
  Period: '.',
  Slash: '/',
  Backslash: '\\',
  Backquote: '`',
};

/** A code as people say it. */
export function keyName(code: string): string {
  const plain = code.replace('Shift+', '');
  const name = names[plain] ?? plain.replace(/^(Digit|Key)/, '');
  return plain === code ? name : `⇧${name}`;
}
