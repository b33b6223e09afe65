// Loads a study that is to be read, and keeps its session while the page shows it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { errorText } from '../load';
import { fetchTask } from './reading_api';
import { recoveringAlone, resendOrphans } from './recover';
import { ReadingSession } from './session';

export interface SessionState {
  session: ReadingSession | null;
  error: string;
  /** Changes that an earlier page could not save, and that were recovered. */
  recovered: number;
  reload: () => void;
}

export function useSession(login: string, task: number): SessionState {
  const [session, setSession] = useState<ReadingSession | null>(null);
  const [error, setError] = useState('');
  const [recovered, setRecovered] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const [, setCount] = useState(0);
  const current = useRef<ReadingSession | null>(null);

  useEffect(() => {
    let over = false;
    const load = async (mayRecover: boolean): Promise<void> => {
      // what cannot be sent is kept, and tried again
      const resent = mayRecover ? await resendOrphans(login, task).catch(() => 0) : 0;
      const loaded = await fetchTask(task);
      if (over) return;
      const fresh = new ReadingSession(login, loaded, () => setCount((n) => n + 1));
      current.current = fresh;
      setRecovered(resent + (await fresh.recover(mayRecover)));
      if (!over) setSession(fresh);
    };
    setError('');
    setSession(null);
    recoveringAlone(task, load).catch((e: unknown) => !over && setError(errorText(e)));
    return () => {
      over = true;
      current.current?.close();
      current.current = null;
    };
  }, [login, task, attempt]);

  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) current.current?.refresh();
    };
    const online = (): void => current.current?.retry();
    // closing the page would lose what neither the service nor the browser has
    const leaving = (e: BeforeUnloadEvent): void => {
      const state = current.current?.state;
      if (state && state.unsaved > 0 && !state.kept) e.preventDefault();
    };
    document.addEventListener('visibilitychange', look);
    addEventListener('online', online);
    addEventListener('beforeunload', leaving);
    return () => {
      document.removeEventListener('visibilitychange', look);
      removeEventListener('online', online);
      removeEventListener('beforeunload', leaving);
    };
  }, []);

  return { session, error, recovered, reload: () => setAttempt((n) => n + 1) };
}
