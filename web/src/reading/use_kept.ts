// What the browser keeps of a reader's work and the service lacks, as pages show it.
import { useEffect, useState } from 'preact/hooks';
import { KeptSender, type KeptWork } from './kept_work';

interface KeptState {
  kept: KeptWork;
  /** How many changes were saved since the page was loaded. */
  saved: number;
}

let sender: KeptSender | null = null;
const listeners = new Set<() => void>();
const nothing: KeptState = { kept: new Map(), saved: 0 };

const stateNow = (): KeptState =>
  sender ? { kept: sender.kept, saved: sender.saved } : nothing;

/** Sends it while somebody is signed in. */
export function useSendingKept(login: string, isReader: boolean): void {
  useEffect(() => {
    if (!isReader) return undefined;
    const started = new KeptSender(login, () => listeners.forEach((tell) => tell()));
    const look = (): void => void started.look();
    sender = started;
    addEventListener('online', look);
    return () => {
      removeEventListener('online', look);
      started.stop();
      sender = null;
    };
  }, [login, isReader]);
}

export function useKept(): KeptState {
  const [state, setState] = useState(stateNow);
  useEffect(() => {
    const tell = (): void => setState(stateNow());
    listeners.add(tell);
    void sender?.look();
    tell();
    return () => void listeners.delete(tell);
  }, []);
  return state;
}

export const giveUpKept = async (tasks: readonly number[]): Promise<void> =>
  sender?.giveUp(tasks);
