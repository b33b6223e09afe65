// Signing out: what the button shows meanwhile, and what the page says where it does not succeed.
// Work that only this page has is given up when the session has ended, and not before.
import { useState } from 'preact/hooks';
import { ApiError, signOut } from './api';
import type { Leaving } from './leaving';
import { errorText } from './load';
import { tellLogin } from './other_pages';
import { Dialog, Notice } from './parts';
import { texts } from './texts';
import { giveUpUnkept } from './unsaved_work';

const t = texts.signingOut;

const isAway = (e: unknown): boolean => e instanceof ApiError && e.status === 0;

export interface SigningOut {
  busy: boolean;
  /** Why the reader is still signed in; "": nothing has failed. */
  why: string;
  leave: () => Promise<void>;
  tryAgain: () => Promise<void>;
  close: () => void;
}

export function useSigningOut(leaving: Leaving): SigningOut {
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const tryAgain = async (): Promise<void> => {
    setBusy(true);
    try {
      await signOut();
    } catch (e) {
      setWhy(isAway(e) ? t.away : t.failed(errorText(e)));
      return setBusy(false);
    }
    giveUpUnkept();
    tellLogin(null);
    location.hash = '#/';
    location.reload();
  };
  const leave = async (): Promise<void> => {
    setBusy(true);
    if (await leaving.maySignOut()) await tryAgain();
    else setBusy(false);
  };
  return { busy, why, leave, tryAgain, close: () => setWhy('') };
}

export function NotSignedOut({ busy, why, tryAgain, close }: SigningOut) {
  return (
    <Dialog title={t.title} onClose={close}>
      <Notice tone="bad">{why}</Notice>
      <p>{t.danger}</p>
      <div class="buttons">
        <button type="button" onClick={close}>
          {texts.close}
        </button>
        <button type="button" class="primary" disabled={busy} onClick={() => void tryAgain()}>
          {busy ? t.busy : texts.retryLoad}
        </button>
      </div>
    </Dialog>
  );
}
