// Dialogs that add and change an account.
import { useState } from 'preact/hooks';

import { post, route } from './api';
import type { Account, NewAccount } from './api_types';
import { useAction } from './load';
import { Dialog, Field, Notice } from './parts';
import { texts } from './texts';

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

interface InputProps {
  label: string;
  value: string;
  onInput: (text: string) => void;
  hint?: string;
  type?: 'text' | 'password';
  most: number;
}

function Input({ label, value, onInput, hint, type = 'text', most }: InputProps) {
  const secret = type === 'password';
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(id) => (
        <input
          id={id}
          type={type}
          required
          minLength={secret ? 12 : 1}
          maxLength={most}
          autocomplete={secret ? 'new-password' : 'off'}
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
    const draft: NewAccount = { login, name, role, password: proxy ? null : password };
    if (await action.start(async () => void (await onSave(draft)))) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(e) => void save(e)}>
        {!account && (
          <Input label={t.login} value={login} onInput={setLogin} hint={t.loginHint} most={64} />
        )}
        <Input label={t.name} value={name} onInput={setName} most={100} />
        <RoleField value={role} onChange={setRole} />
        {!account && (
          <label class="check">
            <input type="checkbox" checked={proxy} onChange={() => setProxy(!proxy)} />
            {t.proxyOnly}
          </label>
        )}
        {!account && !proxy && (
          <Input
            label={texts.signIn.password}
            type="password"
            value={password}
            onInput={setPassword}
            hint={t.passwordHint}
            most={256}
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
        <Input
          label={texts.password.fresh}
          type="password"
          value={password}
          onInput={setPassword}
          hint={t.passwordChangeHint}
          most={256}
        />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <Buttons busy={action.busy} action={t.save} onClose={onClose} />
      </form>
    </Dialog>
  );
}
