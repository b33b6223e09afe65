// Dialogs that add and change an account.
import { useState } from 'preact/hooks';

import { post, route } from './api';
import type { Account, NewAccount } from './api_types';
import { useAction } from './load';
import { Dialog, Field, Notice } from './parts';
import { TextField } from './text_field';
import { texts } from './texts';
import { MOST_LOGIN, MOST_NAME, trimmed } from './typed';

const t = texts.accounts;

interface ButtonsProps {
  busy: boolean;
  action: string;
  onClose: () => void;
}

function Buttons({ busy, action, onClose }: ButtonsProps) {
  return (
    <div class="buttons">
      <button type="button" onClick={onClose}>
        {texts.cancel}
      </button>
      <button type="submit" class="primary" disabled={busy}>
        {action}
      </button>
    </div>
  );
}

interface PasswordProps {
  label: string;
  value: string;
  onInput: (text: string) => void;
  hint?: string;
}

function NewPassword({ label, value, onInput, hint }: PasswordProps) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(id) => (
        <input
          id={id}
          type="password"
          required
          minLength={12}
          maxLength={256}
          autocomplete="new-password"
          value={value}
          onInput={(e) => onInput(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function RoleField({ value, onChange }: {
  value: Account['role'];
  onChange: (role: Account['role']) => void;
}) {
  return (
    <Field label={t.role} hint={t.roleHints[value]}>
      {(id) => (
        <select
          id={id}
          value={value}
          onChange={(e) => onChange(e.currentTarget.value as Account['role'])}
        >
          {Object.entries(texts.roles).map(([role, title]) => (
            <option key={role} value={role}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface AccountDialogProps {
  title: string;
  /** null: a new one. */
  account: Account | null;
  onSave: (draft: NewAccount) => Promise<unknown>;
  onClose: () => void;
}

export function AccountDialog({ title, account, onSave, onClose }: AccountDialogProps) {
  const [login, setLogin] = useState(account?.login ?? '');
  const [name, setName] = useState(account?.name ?? '');
  const [role, setRole] = useState<Account['role']>(account?.role ?? 'physician');
  const [password, setPassword] = useState('');
  const [proxy, setProxy] = useState(false);
  const action = useAction();
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const secret = proxy ? null : password;
    const draft: NewAccount = { login, name: trimmed(name), role, password: secret };
    if (await action.start(async () => void (await onSave(draft)))) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(e) => void save(e)}>
        {!account && (
          <TextField label={t.login} hint={t.loginHint} required value={login} most={MOST_LOGIN}
            onText={setLogin} />
        )}
        <TextField label={t.name} required value={name} most={MOST_NAME} onText={setName} />
        <RoleField value={role} onChange={setRole} />
        {!account && (
          <label class="check">
            <input type="checkbox" checked={proxy} onChange={() => setProxy(!proxy)} />
            {t.proxyOnly}
          </label>
        )}
        {!account && !proxy && (
          <NewPassword
            label={texts.signIn.password}
            value={password}
            onInput={setPassword}
            hint={t.passwordHint}
          />
        )}
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <Buttons busy={action.busy} action={account ? t.save : t.add} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function PasswordDialog({ login, onClose }: { login: string; onClose: () => void }) {
  const [password, setPassword] = useState('');
  const action = useAction();
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const path = route`/api/accounts/${login}/password`;
    if (await action.start(() => post(path, { password }))) onClose();
  };
  return (
    <Dialog title={t.passwordOf(login)} onClose={onClose}>
      <form onSubmit={(e) => void save(e)}>
        <NewPassword
          label={texts.password.fresh}
          value={password}
          onInput={setPassword}
          hint={t.passwordChangeHint}
        />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <Buttons busy={action.busy} action={t.save} onClose={onClose} />
      </form>
    </Dialog>
  );
}
