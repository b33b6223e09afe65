// The versions of a study's result, and their deliveries.
import { post, route } from './api';
import type { Retried, Study, Version, VersionDelivery, VersionList } from './api_types';
import { useAction, useData } from './load';
import type { Tone } from './parts';
import { Badge, Notice, Waiting } from './parts';
import { texts } from './texts';
import { clockText, timeText } from './time';

const t = texts.study;
const SECONDS = 5;

const tones: Record<VersionDelivery['state'], Tone> = {
  ready: 'info',
  leased: 'info',
  waiting: 'info',
  done: 'good',
  dead: 'bad',
  dropped: 'plain',
};

function DeliveryRow({ delivery: d }: { delivery: VersionDelivery }) {
  const arrived = d.sent + d.committed;
  const all = arrived + d.waiting + d.failed;
  return (
    <tr>
      <th scope="row">
        {d.destination}
        <small>
          {texts.jobs.kinds[d.kind]}, {t.attempts(d.attempts)}
          {d.state === 'waiting' && `, ${t.nextAttempt(clockText(d.not_before))}`}
          {d.at !== null && `, ${timeText(d.at)}`}
        </small>
        {d.error && d.state !== 'done' && <p class="bad-text">{d.error}</p>}
      </th>
      <td>
        <Badge tone={tones[d.state]}>{texts.jobs.states[d.state]}</Badge>
      </td>
      <td class="number">{all > 0 ? texts.worklist.delivered(arrived, all) : texts.none}</td>
    </tr>
  );
}

function kindsOf(version: Version): string {
  const counts = new Map<Version['objects'][number]['kind'], number>();
  for (const o of version.objects) counts.set(o.kind, (counts.get(o.kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => `${n} × ${t.objectKinds[kind]}`).join(', ');
}

/** Of a report that was built in both forms, a destination gets one. */
const hasBothReports = ({ objects }: Version): boolean =>
  (['sr3d', 'sr'] as const).every((kind) => objects.some((o) => o.kind === kind));

function VersionPart({ version }: { version: Version }) {
  return (
    <div class="version">
      <h3>
        {t.version(version.revision)} <span class="muted time">{timeText(version.made)}</span>
      </h3>
      <p class="muted small">
        {kindsOf(version)}
        <br />
        {t.weights} <code title={version.weights}>{version.weights.slice(0, 12)}</code>
        {version.configuration && (
          <>
            {', '}
            {t.configuration}{' '}
            <code title={version.configuration}>{version.configuration.slice(0, 12)}</code>
          </>
        )}
      </p>
      {version.deliveries.length === 0 && <p class="muted">{t.noDeliveries}</p>}
      {version.deliveries.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t.destination}</th>
              <th scope="col">{texts.worklist.state}</th>
              <th scope="col" class="number">
                {t.objects}
              </th>
            </tr>
          </thead>
          <tbody>
            {version.deliveries.map((d) => (
              <DeliveryRow key={d.job} delivery={d} />
            ))}
          </tbody>
        </table>
      )}
      {version.deliveries.length > 0 && hasBothReports(version) && (
        <p class="muted small">{t.oneReport}</p>
      )}
    </div>
  );
}

export function Versions({ study, onChange }: { study: Study; onChange: () => Promise<void> }) {
  const path = route`/api/studies/${study.study_uid}/versions`;
  const { data, error, reload } = useData<VersionList>(path, SECONDS);
  const action = useAction();
  const dead = data?.versions.some((v) => v.deliveries.some((d) => d.state === 'dead'));
  const retry = async (): Promise<void> => {
    const retried = route`/api/studies/${study.study_uid}/retry`;
    await action.start(async () => void (await post<Retried>(retried)));
    await reload();
    await onChange();
  };
  return (
    <section>
      <h2>{t.deliveries}</h2>
      {!data && <Waiting error={error} retry={() => void reload()} />}
      {data?.versions.length === 0 && <p class="muted">{t.version(0)}</p>}
      {dead && (
        <button type="button" class="primary" disabled={action.busy} onClick={() => void retry()}>
          {t.retryDeliveries}
        </button>
      )}
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      {data?.versions.map((v) => (
        <VersionPart key={v.revision} version={v} />
      ))}
    </section>
  );
}
