// Accounts, for administrators.
import { useState } from 'preact/hooks';

import { call, post, route } from './api';
import type { Account, AccountList } from './api_types';
import { AccountDialog, PasswordDialog } from './account_dialogs';
import { useAction, useData } from './load';
import { Badge, Notice, Waiting } from './parts';
import { texts } from './texts';
import { dateText } from './time';

const t = texts.accounts;

type Open = 'change' | 'password' | null;

interface RowProps {
  account: Account;
  own: boolean;
  onChange: () => Promise<void>;
}

function AccountRow({ account, own, onChange }: RowProps) {
  const [open, setOpen] = useState<Open>(null);
  const action = useAction();
  const toggle = async (): Promise<void> => {
    const body = { active: !account.active };
    await action.start(async () => void (await call('PUT', route`/api/accounts/${account.login}`,
      body)));
    await onChange();
  };
  const close = (): void => {
    setOpen(null);
    void onChange();
  };
  return (
    <tr>
      <th scope="row">
        {account.login}
        {own && <small>{t.you}</small>}
      </th>
      <td>{account.name}</td>
      <td>{texts.roles[account.role]}</td>
      <td>
        <Badge tone={account.active ? 'good' : 'plain'}>
          {account.active ? t.active : t.disabled}
        </Badge>
      </td>
      <td>{account.password ? t.withPassword : t.byProxy}</td>
      <td class="time">{dateText(account.made)}</td>
      <td class="actions">
        <button type="button" onClick={() => setOpen('change')}>
          {t.change}
        </button>{' '}
        {!own && (
          <button type="button" onClick={() => setOpen('password')}>
            {texts.password.title}
          </button>
        )}{' '}
        <button type="button" disabled={action.busy} onClick={() => void toggle()}>
          {account.active ? t.disable : t.enable}
        </button>
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        {open === 'change' && (
          <AccountDialog
            title={account.login}
            account={account}
            onClose={close}
            onSave={(draft) =>
              call('PUT', route`/api/accounts/${account.login}`, {
                name: draft.name,
                role: draft.role,
              })
            }
          />
        )}
        {open === 'password' && <PasswordDialog login={account.login} onClose={close} />}
      </td>
    </tr>
  );
}

export function AccountsPage({ own }: { own: string }) {
  const { data, error, reload } = useData<AccountList>('/api/accounts');
  const [adds, setAdds] = useState(false);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
        <button type="button" class="primary" onClick={() => setAdds(true)}>
          {t.add}
        </button>
      </div>
      <table>
        <thead>
          <tr>
            {[t.login, t.name, t.role, t.state, t.signIn, t.made, texts.jobs.actions].map((c) => (
              <th key={c} scope="col" class={c === texts.jobs.actions ? 'actions' : ''}>
                {c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.accounts.map((a) => (
            <AccountRow key={a.login} account={a} own={a.login === own} onChange={reload} />
          ))}
        </tbody>
      </table>
      {adds && (
        <AccountDialog
          title={t.add}
          account={null}
          onClose={() => {
            setAdds(false);
            void reload();
          }}
          onSave={(draft) => post('/api/accounts', draft)}
        />
      )}
    </div>
  );
}
