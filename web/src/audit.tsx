// The audit log, for administrators.
import { useState } from 'preact/hooks';

import { get } from './api';
import type { AuditEntry, AuditList } from './api_types';
import { useAction, useData } from './load';
import { Notice, Waiting } from './parts';
import { texts } from './texts';
import { timeText } from './time';

const t = texts.audit;
const MOST = 100;

export function AuditPage() {
  const first = useData<AuditList>(`/api/audit?most=${MOST}`);
  const [rest, setRest] = useState<AuditEntry[]>([]);
  const [end, setEnd] = useState(false);
  const action = useAction();
  if (!first.data) return <Waiting error={first.error} retry={() => void first.reload()} />;
  const rows = [...first.data.entries, ...rest];
  const more = (): Promise<boolean> =>
    action.start(async () => {
      const before = rows[rows.length - 1]?.id ?? 1;
      const { entries } = await get<AuditList>(`/api/audit?most=${MOST}&before=${before}`);
      setRest([...rest, ...entries]);
      setEnd(entries.length < MOST);
    });
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
      </div>
      <table>
        <thead>
          <tr>
            {[t.at, t.who, t.address, t.action, t.object, t.detail].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((e) => (
            <tr key={e.id}>
              <td class="time">{timeText(e.at)}</td>
              <td>{e.who || texts.none}</td>
              <td>{e.address || texts.none}</td>
              <td>{e.action}</td>
              <td class="uid">{e.object}</td>
              <td>{e.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      {!end && first.data.entries.length === MOST && (
        <div class="pager">
          <button type="button" disabled={action.busy} onClick={() => void more()}>
            {t.more}
          </button>
        </div>
      )}
    </div>
  );
}
