// Who is signed in, and what becomes of an open page when its session has ended, or when somebody
// else has signed in on another page of this browser.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { currentSession, onSessionEnded, setPerson } from './api';
import type { Session } from './api_types';
import { errorText } from './load';
import { onOtherLogin, tellLogin } from './other_pages';
import { countedUnkept } from './unsaved_work';

/** The session of the page has ended. */
export interface Ended {
  /** The login of whoever is signed in now; null: nobody. */
  other: string | null;
}

export interface SignedIn {
  /** null: nobody; undefined: that is not known yet. */
  session: Session | null | undefined;
  error: string;
  ended: Ended | null;
  load: () => Promise<void>;
  signedIn: (fresh: Session) => void;
}

/** What waits until the person of the page has signed in again. */
class Waiting {
  private promise: Promise<void> | null = null;
  private done: () => void = () => undefined;

  wait(): Promise<void> {
    return (this.promise ??= new Promise((resolve) => (this.done = resolve)));
  }

  goOn(): void {
    this.done();
    this.promise = null;
  }
}

export function useSignIn(): SignedIn {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [error, setError] = useState('');
  const [ended, setEnded] = useState<Ended | null>(null);
  const { current: waiting } = useRef(new Waiting());

  const begin = (found: Session | null): void => {
    if (found) setPerson(found);
    setSession(found);
  };
  const load = useCallback(async () => {
    setError('');
    await currentSession().then(begin, (e: unknown) => setError(errorText(e)));
  }, []);
  useEffect(() => {
    onSessionEnded((other) => {
      setEnded({ other });
      return waiting.wait();
    });
    void load();
  }, [load]);

  /** Another person must not see what this one had open, nor send what this one was sending. A page
   * that would lose work stays, until its person has signed in again or gives it up. */
  const otherLogin = async (other: string | null): Promise<void> => {
    if ((await countedUnkept()) > 0) setEnded({ other });
    else location.reload();
  };
  const goOn = (fresh: Session): void => {
    if (session && fresh.login !== session.login) return void otherLogin(fresh.login);
    begin(fresh);
    setEnded(null);
    waiting.goOn();
  };
  const signedIn = (fresh: Session): void => {
    tellLogin(fresh.login);
    goOn(fresh);
  };
  /** The person of the page may have signed in again on another page: the calls of this one belong
   * to a session that has ended. */
  const lookAgain = (): void =>
    void currentSession().then(
      (fresh) => fresh && fresh.login === session?.login && goOn(fresh),
      () => undefined,
    );
  useEffect(
    () =>
      onOtherLogin((login) => {
        if (!session) return void (login !== null && load());
        if (login !== session.login) void otherLogin(login);
        else lookAgain();
      }),
    [session],
  );
  // a page that was not told
  useEffect(() => {
    if (!ended) return undefined;
    const look = (): void => void (document.hidden || lookAgain());
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [session, ended]);
  return { session, error, ended, load, signedIn };
}
