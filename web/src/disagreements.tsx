// The studies about which networks and readers disagree.
import type { Comparison } from './api_types';
import { address } from './router';
import { texts } from './texts';
import { Probability } from './verdict';

const t = texts.comparison;

export function Disagreements({ comparison: { disagreements } }: { comparison: Comparison }) {
  if (disagreements.length === 0) return null;
  const words = texts.study.verdictWords;
  return (
    <section>
      <h2>{t.disagreements(disagreements.length)}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.worklist.patient}</th>
            <th scope="col">{t.accession}</th>
            <th scope="col">{texts.worklist.probability}</th>
            <th scope="col">{t.model}</th>
            <th scope="col">{t.readers}</th>
            <th scope="col" class="number">
              {t.readerCount}
            </th>
            <th scope="col">{t.comment}</th>
          </tr>
        </thead>
        <tbody>
          {disagreements.map((d) => (
            <tr key={d.study_uid}>
              <th scope="row">
                <a href={address('studies', d.study_uid)}>
                  {d.patient_id || texts.worklist.noPatient}
                </a>
              </th>
              <td>{d.accession || texts.none}</td>
              <td>
                <Probability value={d.probability} />
              </td>
              <td>{t.modelWords[d.verdict]}</td>
              <td>{words[d.reader_verdict]}</td>
              <td class="number">{d.readers}</td>
              <td class="comment">{d.comment}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
