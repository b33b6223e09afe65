// Verdicts of radiologists from another system, as a CSV file.
import { useState } from 'preact/hooks';

import { post } from './api';
import type { VerdictCounts } from './api_types';
import { useAction } from './load';
import { Field, Notice } from './parts';
import { texts } from './texts';

const t = texts.verdictImport;
const MOST = 1 << 20; // bytes, as the service says

export function VerdictImport({ onChange }: { onChange: () => Promise<void> }) {
  const [file, setFile] = useState<File | null>(null);
  const [done, setDone] = useState<VerdictCounts | null>(null);
  const action = useAction();
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!file) return;
    setDone(null);
    await action.start(async () => {
      if (file.size > MOST) throw t.tooLarge;
      setDone(await post<VerdictCounts>('/api/verdicts', { csv: await file.text() }));
    });
    await onChange();
  };
  return (
    <section class="import">
      <h2>{t.title}</h2>
      <p class="muted">{t.about}</p>
      <table>
        <tbody>
          {t.columns.map(([column, what]) => (
            <tr key={column}>
              <th scope="row">
                <code>{column}</code>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <form onSubmit={(e) => void send(e)}>
        <Field label={t.file}>
          {(id) => (
            <input
              id={id}
              type="file"
              accept=".csv,text/csv"
              required
              onChange={(e) => setFile(e.currentTarget.files?.[0] ?? null)}
            />
          )}
        </Field>
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        {done && <Notice tone="good">{t.done(done.rows, done.added)}</Notice>}
        <button type="submit" class="primary" disabled={action.busy || !file}>
          {t.send}
        </button>
      </form>
    </section>
  );
}
