// Programs that call DICOMweb with a token or a certificate, for administrators.
import { useState } from 'preact/hooks';

import { post } from './api';
import type { Token, TokenList, TokenText } from './api_types';
import { useAction, useData } from './load';
import { Badge, Confirm, Dialog, Notice, Waiting } from './parts';
import { texts } from './texts';
import { TextField } from './text_field';
import { timeText } from './time';
import { MOST_TOKEN } from './typed';

const t = texts.tokens;

function TokenRow({ token, onChange }: { token: Token; onChange: () => Promise<void> }) {
  const [asks, setAsks] = useState(false);
  const action = useAction();
  const revoke = async (): Promise<void> => {
    if (await action.start(() => post('/api/tokens/revoke', { name: token.name }))) setAsks(false);
    await onChange();
  };
  return (
    <tr>
      <th scope="row">{token.name}</th>
      <td>{t.kinds[token.kind]}</td>
      <td class="time">{timeText(token.made)}</td>
      <td class="time">{token.used === null ? t.never : timeText(token.used)}</td>
      <td>
        {token.revoked === null ? (
          <Badge tone="good">{t.valid}</Badge>
        ) : (
          <Badge tone="plain">{t.revoked(timeText(token.revoked))}</Badge>
        )}
      </td>
      <td class="actions">
        {token.revoked === null && (
          <button type="button" onClick={() => setAsks(true)}>
            {t.revoke}
          </button>
        )}
        {asks && (
          <Confirm
            title={t.revokeTitle(token.name)}
            text={t.revokeText}
            action={t.revoke}
            busy={action.busy}
            error={action.error}
            onConfirm={() => void revoke()}
            onClose={() => setAsks(false)}
          />
        )}
      </td>
    </tr>
  );
}

function NewToken({ onDone, onClose }: { onDone: (made: TokenText) => void; onClose: () => void }) {
  const [name, setName] = useState('');
  const action = useAction();
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    await action.start(async () => onDone(await post<TokenText>('/api/tokens', { name })));
  };
  return (
    <Dialog title={t.add} onClose={onClose}>
      <form onSubmit={(e) => void add(e)}>
        <TextField label={t.name} hint={t.nameHint} required value={name} most={MOST_TOKEN}
          onText={setName} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="primary" disabled={action.busy}>
            {t.add}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function TokenShown({ made, onClose }: { made: TokenText; onClose: () => void }) {
  return (
    <Dialog title={made.name} onClose={onClose}>
      <p>{t.once}</p>
      <pre tabIndex={0}>{made.token}</pre>
      <div class="buttons">
        <button type="button" onClick={() => void navigator.clipboard?.writeText(made.token)}>
          {t.copy}
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {texts.close}
        </button>
      </div>
    </Dialog>
  );
}

export function TokensPage() {
  const { data, error, reload } = useData<TokenList>('/api/tokens');
  const [adds, setAdds] = useState(false);
  const [made, setMade] = useState<TokenText | null>(null);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  const done = (token: TokenText): void => {
    setAdds(false);
    setMade(token);
    void reload();
  };
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
        <button type="button" class="primary" onClick={() => setAdds(true)}>
          {t.add}
        </button>
      </div>
      <p class="muted">{t.about}</p>
      {data.tokens.length === 0 && <p class="nothing">{t.empty}</p>}
      {data.tokens.length > 0 && (
        <table>
          <thead>
            <tr>
              {[t.name, t.kind, t.made, t.used, t.state, texts.jobs.actions].map((title) => (
                <th key={title} scope="col" class={title === texts.jobs.actions ? 'actions' : ''}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.tokens.map((token) => (
              <TokenRow key={token.name} token={token} onChange={reload} />
            ))}
          </tbody>
        </table>
      )}
      {adds && <NewToken onDone={done} onClose={() => setAdds(false)} />}
      {made && <TokenShown made={made} onClose={() => setMade(null)} />}
    </div>
  );
}
