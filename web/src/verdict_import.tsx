// Verdicts of radiologists from another system, as a CSV file.
import { post } from './api';
import type { VerdictCounts } from './api_types';
import { FileForm } from './file_form';
import { texts } from './texts';

const t = texts.verdictImport;
const MOST = 1 << 20; // bytes, as the service says

export function VerdictImport({ onChange }: { onChange: () => Promise<void> }) {
  const send = async (file: File): Promise<string> => {
    const { rows, added } = await post<VerdictCounts>('/api/verdicts', { csv: await file.text() });
    await onChange();
    return t.done(rows, added);
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
      <FileForm label={t.file} accept=".csv,text/csv" most={MOST} tooLarge={t.tooLarge}
        submit={t.send} send={send} />
    </section>
  );
}
