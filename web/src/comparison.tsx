// Verdicts of the networks against those of radiologists, as shadow mode needs them.
import { useState } from 'preact/hooks';

import type { Comparison, Kappa, Session, Share } from './api_types';
import { Disagreements } from './disagreements';
import { useData } from './load';
import { Notice, Waiting } from './parts';
import { texts } from './texts';
import { VerdictImport } from './verdict_import';

const t = texts.comparison;

const percent = (x: number): string => (100 * x).toFixed(1);

function ShareRow({ title, share }: { title: string; share: Share }) {
  const { value, low, high } = share;
  return (
    <tr>
      <th scope="row">{title}</th>
      <td class="number">{value === null ? texts.none : `${percent(value)} %`}</td>
      <td class="number">
        {low === null || high === null ? texts.none : `${percent(low)}–${percent(high)}`}
      </td>
      <td class="number">
        {share.count}/{share.of}
      </td>
    </tr>
  );
}

function KappaRow({ kappa: { value, low, high } }: { kappa: Kappa }) {
  return (
    <tr>
      <th scope="row">{t.kappa}</th>
      <td class="number">{value === null ? texts.none : value.toFixed(3)}</td>
      <td class="number">
        {low === null || high === null ? texts.none : `${low.toFixed(3)} to ${high.toFixed(3)}`}
      </td>
      <td />
    </tr>
  );
}

function Measures({ comparison: c }: { comparison: Comparison }) {
  return (
    <table class="measures">
      <thead>
        <tr>
          <th scope="col">{t.measure}</th>
          <th scope="col" class="number">
            {t.value}
          </th>
          <th scope="col" class="number">
            {t.interval(Math.round(100 * c.level))}
          </th>
          <th scope="col" class="number">
            {t.studies}
          </th>
        </tr>
      </thead>
      <tbody>
        <ShareRow title={t.sensitivity} share={c.sensitivity} />
        <ShareRow title={t.specificity} share={c.specificity} />
        <ShareRow title={t.ppv} share={c.ppv} />
        <ShareRow title={t.npv} share={c.npv} />
        <ShareRow title={t.agreement} share={c.agreement} />
        <KappaRow kappa={c.kappa} />
      </tbody>
    </table>
  );
}

function CrossTable({ comparison: { table } }: { comparison: Comparison }) {
  return (
    <table class="cross">
      <caption class="hidden">{t.table}</caption>
      <thead>
        <tr>
          <td />
          <th scope="col" class="number">
            {t.readersAbnormal}
          </th>
          <th scope="col" class="number">
            {t.readersNormal}
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t.modelAbnormal}</th>
          <td class="number">{table.true_positives}</td>
          <td class="number">{table.false_positives}</td>
        </tr>
        <tr>
          <th scope="row">{t.modelNormal}</th>
          <td class="number">{table.false_negatives}</td>
          <td class="number">{table.true_negatives}</td>
        </tr>
      </tbody>
    </table>
  );
}

function Counts({ comparison: c }: { comparison: Comparison }) {
  const rows: [string, number][] = [
    [t.compared, c.compared],
    [t.withoutReaders, c.without_readers],
    [t.withoutModel, c.without_model],
    [t.undecided, c.undecided],
    [t.filmsWithout(c.films), c.films_without_verdict],
  ];
  return (
    <table class="cross">
      <tbody>
        {rows.map(([title, n]) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td class="number">{n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ReaderChoice(props: {
  comparison: Comparison | null;
  value: string;
  onChange: (reader: string) => void;
}) {
  return (
    <select
      aria-label={t.reader}
      value={props.value}
      onChange={(e) => props.onChange(e.currentTarget.value)}
    >
      <option value="">{t.majority}</option>
      {props.comparison?.readers.map((r) => (
        <option key={r.reader} value={r.reader}>
          {t.readerOption(r.reader, r.studies)}
        </option>
      ))}
    </select>
  );
}

export function ComparisonPage({ role }: { role: Session['role'] }) {
  const [reader, setReader] = useState('');
  const query = reader ? `?reader=${encodeURIComponent(reader)}` : '';
  const { data, error, reload } = useData<Comparison>(`/api/comparison${query}`, 30);
  return (
    <div class="page">
      <div class="title">
        <h1>{t.title}</h1>
        <ReaderChoice comparison={data} value={reader} onChange={setReader} />
        <span class="downloads">
          <a href="/api/opinions.csv" download="comparison.csv">
            {t.downloadComparison}
          </a>
          <a href="/api/verdicts.csv" download="verdicts.csv">
            {t.downloadVerdicts}
          </a>
        </span>
      </div>
      <p class="muted">{t.about}</p>
      {data && error && <Notice tone="bad">{texts.errors.refresh(error)}</Notice>}
      {!data && <Waiting error={error} retry={() => void reload()} />}
      {data && data.compared === 0 && <Notice tone="info">{t.empty}</Notice>}
      {data && (
        <div class="columns">
          <section>
            <h2>{t.measures}</h2>
            <Measures comparison={data} />
          </section>
          <section>
            <h2>{t.table}</h2>
            <CrossTable comparison={data} />
            <h2>{t.counts}</h2>
            <Counts comparison={data} />
          </section>
        </div>
      )}
      {data && <Disagreements comparison={data} />}
      {role === 'admin' && <VerdictImport onChange={reload} />}
    </div>
  );
}
