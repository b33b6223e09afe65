// A person's own password.
import { useState } from 'preact/hooks';

import { post, setPerson } from './api';
import type { Session } from './api_types';
import { useAction } from './load';
import { Field, Notice } from './parts';
import { texts } from './texts';

const LEAST = 12;

interface SecretProps {
  label: string;
  hint?: string;
  value: string;
  fresh: boolean;
  onInput: (text: string) => void;
}

function Secret({ label, hint, value, fresh, onInput }: SecretProps) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(id) => (
        <input
          id={id}
          type="password"
          required
          minLength={fresh ? LEAST : 1}
          maxLength={256}
          autocomplete={fresh ? 'new-password' : 'current-password'}
          value={value}
          onInput={(e) => onInput(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function PasswordPage() {
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [done, setDone] = useState(false);
  const action = useAction();
  const t = texts.password;

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setDone(false);
    const ok = await action.start(async () => {
      if (fresh !== again) throw t.differ;
      setPerson(await post<Session>('/api/password', { old, new: fresh }));
    });
    if (!ok) return;
    setOld('');
    setFresh('');
    setAgain('');
    setDone(true);
  };
  return (
    <div class="page narrow">
      <h1>{t.title}</h1>
      <form onSubmit={(e) => void submit(e)}>
        <Secret label={t.old} value={old} fresh={false} onInput={setOld} />
        <Secret label={t.fresh} hint={t.rule} value={fresh} fresh={true} onInput={setFresh} />
        <Secret label={t.again} value={again} fresh={true} onInput={setAgain} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        {done && <Notice tone="good">{t.done}</Notice>}
        <button type="submit" class="primary" disabled={action.busy}>
          {t.submit}
        </button>
      </form>
    </div>
  );
}
