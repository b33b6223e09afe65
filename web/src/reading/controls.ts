// Keys and buttons as this person wants them, kept in the browser.
import { useEffect, useState } from 'preact/hooks';
import { type Controls, controlsOf, defaultControls } from './key_table';

const nameFor = (login: string): string => `spinexr-controls-${login}`;

const listeners = new Set<(controls: Controls) => void>();
let current = defaultControls;

/** Reads what this person has kept. */
export function loadControls(login: string): void {
  let kept: unknown = null;
  try {
    kept = JSON.parse(localStorage.getItem(nameFor(login)) ?? 'null');
  } catch {
    // nothing is kept, or something else
  }
  current = controlsOf(kept);
  for (const tell of listeners) tell(current);
}

/** False: they hold for this page alone, since the browser keeps nothing. */
export function keepControls(login: string, controls: Controls): boolean {
  current = controls;
  for (const tell of listeners) tell(current);
  try {
    localStorage.setItem(nameFor(login), JSON.stringify(controls));
    return true;
  } catch {
    return false;
  }
}

export function useControls(): Controls {
  const [controls, setControls] = useState(current);
  useEffect(() => {
    listeners.add(setControls);
    setControls(current);
    return () => void listeners.delete(setControls);
  }, []);
  return controls;
}
