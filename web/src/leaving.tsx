// The question before a page is left, or somebody signs out, while there is work that the service
// does not have. Closing the window is asked about by the browser (unsaved_work.ts).
import { useEffect, useRef, useState } from 'preact/hooks';
import { Dialog, Notice } from './parts';
import { keptChanges } from './reading/kept_work';
import { guardRoutes } from './router';
import { texts } from './texts';
import { countedUnkept, onUnkeptChange, savedInTime, unkeptChanges } from './unsaved_work';

const t = texts.leaving;
const SAVING = 2000; // ms for what is being saved when somebody signs out

interface Question {
  signsOut: boolean;
  /** Changes that the browser keeps. */
  kept: number;
  answer: (leaves: boolean) => void;
}

export interface Leaving {
  question: Question | null;
  maySignOut: () => Promise<boolean>;
}

export function useUnkept(): number {
  const [count, setCount] = useState(unkeptChanges);
  useEffect(() => {
    const tell = (): void => setCount(unkeptChanges());
    tell();
    return onUnkeptChange(tell);
  }, []);
  return count;
}

export function useLeaving(login: string): Leaving {
  const [question, setQuestion] = useState<Question | null>(null);
  const open = useRef<Question | null>(null);
  const show = (asked: Question | null): void => setQuestion((open.current = asked));
  /** A question that is open is answered with no: whoever asked waits for it. */
  const ask = (signsOut: boolean, kept: number): Promise<boolean> =>
    new Promise((resolve) => {
      open.current?.answer(false);
      const answer = (leaves: boolean): void => {
        show(null);
        resolve(leaves);
      };
      show({ signsOut, kept, answer });
    });
  useEffect(() => {
    guardRoutes(() => {
      if (unkeptChanges() === 0) return null;
      return countedUnkept().then((count) => count === 0 || ask(false, 0));
    });
    return () => guardRoutes(() => null);
  }, []);
  const maySignOut = async (): Promise<boolean> => {
    await savedInTime(SAVING);
    const unkept = await countedUnkept();
    const kept = unkept > 0 ? 0 : await keptChanges(login);
    if (unkept + kept === 0) return true;
    if (!(await ask(true, kept))) return false;
    // what only the page had may have been saved or kept while it asked
    return unkept > 0 && unkeptChanges() === 0 ? maySignOut() : true;
  };
  return { question, maySignOut };
}

export function LeavingDialog({ signsOut, kept, answer }: Question) {
  const unkept = useUnkept();
  const isSafe = unkept === 0 && kept === 0;
  useEffect(() => {
    if (isSafe) answer(true); // it was saved meanwhile
  }, [isSafe]);
  return (
    <Dialog title={signsOut ? t.signOutTitle : t.title} onClose={() => answer(false)}>
      {unkept > 0 && <Notice tone="bad">{t.unkept(unkept)}</Notice>}
      {kept > 0 && <p>{t.kept(kept)}</p>}
      <div class="buttons">
        <button type="button" class="primary" onClick={() => answer(false)}>
          {t.stay}
        </button>
        <button type="button" class={unkept > 0 ? 'danger' : ''} onClick={() => answer(true)}>
          {unkept > 0 ? t.lose(unkept) : t.signOut}
        </button>
      </div>
    </Dialog>
  );
}
