// The column on the right: findings, boxes and tags, which scroll; below them, always in view, the
// boxes of the networks, questions and the verdict.
import type { RefObject } from 'preact';
import type { ReadingLabel } from '../api_types';
import { texts } from '../texts';
import * as actions from './actions';
import { BoxList, ClassList } from './class_panel';
import { ClusterPanel } from './cluster_panel';
import { Differences } from './difference_panel';
import type { Doing } from './finishing';
import type { KeyTable } from './key_table';
import { PrelabelPanel } from './prelabel_panel';
import { Questions } from './question_panel';
import type { Clusters } from './use_clusters';
import type { Prelabels } from './use_prelabels';
import { titleOf } from './use_films';
import type { Study } from './use_study';
import { Confidence, Conflicts, Tags, Verdict } from './verdict_panel';

const t = texts.reading;

interface PanelProps {
  keys: KeyTable;
  study: Study;
  prelabels: Prelabels;
  clusters: Clusters;
  spacing: readonly number[] | null;
  question: RefObject<HTMLTextAreaElement>;
  doing: Doing;
  /** What is said of films that have come and are not shown; "": there are none. */
  late: string;
  onReject: () => void;
  onComplete: () => void;
  onReopen: () => void;
  onRenew: () => void;
}

const ofKind = (labels: readonly ReadingLabel[], kind: ReadingLabel['kind']): ReadingLabel[] =>
  labels.filter((l) => l.kind === kind);

function counts(s: Study): Map<number, number> {
  const all = new Map<number, number>();
  for (const b of s.boxes) all.set(b.label, (all.get(b.label) ?? 0) + 1);
  return all;
}

function Networks(props: { study: Study; prelabels: Prelabels; keys: KeyTable }) {
  const { study: s, prelabels: p, keys } = props;
  const all = p.all?.prelabels.filter((x) => x.film === s.film) ?? [];
  const { compare } = p;
  if (s.task.kind === 'adjudicate') return null;
  return (
    <PrelabelPanel keys={keys} mode={s.task.prelabels} predicts={s.predicts}
      prelabels={p.all} threshold={p.threshold} all={all.length}
      shown={p.all ? p.shown(s.film).length : 0} onThreshold={p.setThreshold}
      onCompare={compare && !s.closed ? () => void compare(s.film) : null} />
  );
}

function Finish(props: PanelProps) {
  const { study: s, doing, late, onComplete, onReopen, onRenew } = props;
  const { state, decisions } = s.session;
  const busy = doing !== '';
  const waits = { '': '', other: '', complete: t.completing, renew: t.news.waits }[doing];
  if (s.managed !== undefined) return null;
  if (s.task.state === 'locked') return <p class="notice info">{t.locked}</p>;
  return (
    <div class="finish">
      {late && (
        <div class="notice warn" role="status">
          {late}{' '}
          <button type="button" disabled={busy} onClick={onRenew}>
            {t.news.show}
          </button>
        </div>
      )}
      {s.closed ? (
        <>
          <p class="good-text">{t.done}</p>
          <button type="button" disabled={busy} onClick={onReopen}>
            {t.reopen}
          </button>
        </>
      ) : (
        <button type="button" class="primary" disabled={busy} onClick={onComplete}>
          {t.complete} <kbd>{t.enterKey}</kbd>
        </button>
      )}
      {waits && (state.problem || decisions.trouble) && (
        <p class="small muted" role="status">
          {waits}
        </p>
      )}
    </div>
  );
}

export function StudyPanel(props: PanelProps) {
  const { study: s, keys, prelabels, spacing, question } = props;
  const { task, reading, film, record, closed } = s;
  const { labels } = task.project;
  const { disagreements } = s.session;
  const hasNetworks = task.prelabels !== 'none';
  const networks = <Networks study={s} prelabels={prelabels} keys={keys} />;
  return (
    <aside class="reading-panel" aria-label={t.findings}>
      <div class="panel-scroll">
        {task.kind === 'adjudicate' && s.managed === undefined && (
          <ClusterPanel clusters={props.clusters} decisions={s.session.decisions} film={film}
            labels={s.labels} own={s.box} closed={closed} />
        )}
        <section>
          <h2>{t.findings}</h2>
          <ClassList labels={labels} active={s.label} counts={counts(s)} onPick={s.pick} />
        </section>
        <section>
          <h2>{t.boxes(s.boxes.length)}</h2>
          <BoxList boxes={s.boxes} labels={s.labels} chosen={s.chosen} spacing={spacing}
            closed={closed} onChoose={s.choose} onDelete={s.remove}
            onAttribute={(b, a) => s.act(actions.toggleAttribute(b, a))} />
        </section>
        <Tags title={t.filmTags} labels={ofKind(labels, 'film')} tags={record.tags}
          closed={closed} onToggle={(l) => s.act(actions.toggleFilmTag(reading, film, l))} />
        <Tags title={t.studyTags} labels={ofKind(labels, 'study')} tags={reading.study.tags}
          closed={closed} onToggle={(l) => s.act(actions.toggleStudyTag(reading, l))} />
        {!hasNetworks && networks}
      </div>
      <div class="panel-foot">
        {hasNetworks && networks}
        <Questions task={task.task} film={film} box={s.chosen} field={question}
          filmName={(f) => titleOf(s.films, f)} />
      </div>
      <section class="decision">
        <Conflicts onShow={s.activate} onDismiss={() => s.session.dismiss('conflicts')}
          films={disagreements.conflicts.map((f) => ({ film: f, title: titleOf(s.films, f) }))} />
        <Differences differences={disagreements.differences} labels={s.labels}
          title={(f) => titleOf(s.films, f)} onDismiss={() => s.session.dismiss('differences')}
          onShow={(f, box) => {
            s.activate(f);
            if (box) s.choose(box);
          }} />
        <Verdict keys={keys} record={record} boxes={s.boxes.length} closed={closed}
          onNormal={() => s.act(actions.noFinding(reading, film))}
          onAbnormal={() => s.act(actions.abnormal(film))}
          onOpen={() => s.act(actions.openVerdict(film))} onReject={props.onReject} />
        {task.project.confidence && (
          <Confidence study={reading.study} closed={closed}
            onGive={(c) => s.act(actions.giveConfidence(reading, c))} />
        )}
        <Finish {...props} />
      </section>
    </aside>
  );
}
