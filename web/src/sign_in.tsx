// Signing in: the first page, and in place when a session has ended.
import { useEffect, useRef, useState } from 'preact/hooks';

import { signIn } from './api';
import type { Session } from './api_types';
import { useUnkept } from './leaving';
import { useAction } from './load';
import { Dialog, Field, Notice } from './parts';
import { texts } from './texts';

interface FormProps {
  login?: string;
  onDone: (session: Session) => void;
}

function SignInForm({ login: known = '', onDone }: FormProps) {
  const [login, setLogin] = useState(known);
  const [password, setPassword] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  const action = useAction();
  useEffect(() => (known ? second : first).current?.focus(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const ok = await action.start(async () => onDone(await signIn(login, password)));
    if (ok) return;
    setPassword('');
    second.current?.focus();
  };
  return (
    <form class="sign-in-form" onSubmit={(e) => void submit(e)}>
      <Field label={texts.signIn.login}>
        {(id) => (
          <input
            id={id}
            ref={first}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            maxLength={200}
            value={login}
            onInput={(e) => setLogin(e.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={texts.signIn.password}>
        {(id) => (
          <input
            id={id}
            ref={second}
            type="password"
            autocomplete="current-password"
            required
            maxLength={256}
            value={password}
            onInput={(e) => setPassword(e.currentTarget.value)}
          />
        )}
      </Field>
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      <button type="submit" class="primary" disabled={action.busy}>
        {action.busy ? texts.signIn.busy : texts.signIn.submit}
      </button>
    </form>
  );
}

export function SignInPage({ onDone }: FormProps) {
  return (
    <main class="sign-in" id="content">
      <h1>
        <img src="/icon.svg" alt="" width="40" height="40" />
        {texts.product}
      </h1>
      <SignInForm onDone={onDone} />
      <p class="research">{texts.research}</p>
    </main>
  );
}

interface AgainProps extends Required<FormProps> {
  /** The login of whoever is signed in now; null: nobody. */
  other: string | null;
}

export function SignInAgain({ login, other, onDone }: AgainProps) {
  const t = texts.signIn;
  const unkept = useUnkept();
  return (
    <Dialog title={other === null ? t.ended : t.other(other)}>
      <p>{other === null ? t.endedText : t.otherText(login)}</p>
      {unkept > 0 && <Notice tone="warn">{t.unkept(unkept)}</Notice>}
      <SignInForm login={login} onDone={onDone} />
      {other !== null && (
        <p class="buttons">
          <button type="button" onClick={() => location.reload()}>
            {t.goOnAs(other)}
          </button>
        </p>
      )}
    </Dialog>
  );
}
