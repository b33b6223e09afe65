// Loads a study that is to be read, and keeps its session while the page shows it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { errorText } from '../load';
import { guardWork, tellUnkept } from '../unsaved_work';
import { prepareDisagreements } from './disagreements';
import { fetchTask } from './reading_api';
import { openTask, recoveringAlone, resendOrphans } from './recover';
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
    let unguard = (): void => undefined;
    const closeTask = openTask(task);
    prepareDisagreements();
    const changed = (): void => {
      setCount((n) => n + 1);
      tellUnkept();
    };
    const load = async (mayRecover: boolean): Promise<void> => {
      // what cannot be sent is kept, and tried again
      const resent = mayRecover ? await resendOrphans(login, task).catch(() => 0) : 0;
      const loaded = await fetchTask(task);
      if (over) return;
      const fresh = new ReadingSession(login, loaded, changed);
      current.current = fresh;
      unguard = guardWork(fresh);
      setRecovered(resent + (await fresh.recover(mayRecover)));
      if (!over) setSession(fresh);
    };
    setError('');
    setSession(null);
    recoveringAlone(task, load).catch((e: unknown) => !over && setError(errorText(e)));
    return () => {
      over = true;
      unguard();
      closeTask();
      current.current?.close();
      current.current = null;
    };
  }, [login, task, attempt]);

  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) current.current?.lookAgain();
    };
    const online = (): void => current.current?.retry();
    document.addEventListener('visibilitychange', look);
    addEventListener('online', online);
    return () => {
      document.removeEventListener('visibilitychange', look);
      removeEventListener('online', online);
    };
  }, []);

  return { session, error, recovered, reload: () => setAttempt((n) => n + 1) };
}
