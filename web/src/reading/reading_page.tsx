// The page on which a study is read.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Notice, Waiting } from '../parts';
import { texts } from '../texts';
import * as actions from './actions';
import { useActivity } from './activity';
import { loadControls, useControls } from './controls';
import { type Hover, poseOf } from './film_frame';
import { FilmStrip } from './film_strip';
import { prefetchNext, useFinishing } from './finishing';
import './reading.css';
import { conflicts, keyName } from './key_table';
import type { Mark } from './overlay';
import { Place } from './place_line';
import type { Size } from './pose';
import { isOneOfTwo, openSecond, useFollowing } from './second_window';
import type { ReadingSession } from './session';
import { Saved } from './status_line';
import { GuideDialog, Head } from './study_head';
import { StudyFilms } from './study_films';
import { type PageActions, type Shown, useStudyKeys, viewActions } from './study_keys';
import { StudyPanel } from './study_panel';
import { nextPreset, ToolBar } from './tool_bar';
import { clusterMarks, clusterOfMark, useClusters } from './use_clusters';
import { titleOf, useFilms } from './use_films';
import { prelabelKey, prelabelMark, usePrelabels } from './use_prelabels';
import { type Reload, useNews } from './use_news';
import { useSession } from './use_session';
import { type Study, type StudyView, useStudy } from './use_study';
import { RejectDialog } from './verdict_panel';

const t = texts.reading;
const PREFETCH = 1500; // ms after this study is loaded

/** What the page shows beside the study itself. */
function usePageState(second: boolean) {
  const [side, setSide] = useState(!second);
  const [magnifier, setMagnifier] = useState(false);
  const [hidden, setHidden] = useState(false);
  const [rejecting, setRejecting] = useState(false);
  const [guide, setGuide] = useState(false);
  const [hover, setHover] = useState<Hover | null>(null);
  const [frames, setFrames] = useState<ReadonlyMap<number, Size>>(new Map());
  const setFrame = (film: number, size: Size): void =>
    setFrames((all) => new Map(all).set(film, size));
  const question = useRef<HTMLTextAreaElement>(null);
  return {
    side, setSide, magnifier, setMagnifier, hidden, setHidden, rejecting, setRejecting, guide,
    setGuide, hover, setHover, frames, setFrame, question,
  };
}

/** One film, or the active one and its neighbour. */
function shownFilms(s: Study, side: boolean): number[] {
  const all = s.films.map((f) => f.film);
  if (!side || all.length < 2) return [s.film];
  const i = all.indexOf(s.film);
  const first = Math.min(i - (i % 2), all.length - 2);
  return all.slice(first, first + 2);
}

interface StudyPageProps {
  session: ReadingSession;
  recovered: number;
  reload: Reload;
  /** Why the page was loaded anew. */
  why: string;
  view: StudyView;
}

function StudyPage({ session, recovered, reload, why, view: how }: StudyPageProps) {
  const second = how.second ?? false;
  const s = useStudy(session, how);
  const controls = useControls();
  const page = usePageState(second);
  const loaded = useFilms(s.films);
  const prelabels = usePrelabels(session, s.film);
  const clusters = useClusters(session, how.managed !== undefined);
  const finishing = useFinishing(s, prelabels, clusters, second, reload);
  const late = useNews(s, finishing.busy, reload);
  const { task, film } = s;
  useActivity(task.task, film, !s.closed, () => isOneOfTwo(second));
  useFollowing(task.task, second);

  const ready = s.films.every((f) => loaded.get(f.film)?.levels.length === 3);
  useEffect(() => {
    if (!ready || how.managed) return undefined;
    const timer = setTimeout(() => void prefetchNext(task.task).catch(() => undefined), PREFETCH);
    return () => clearTimeout(timer);
  }, [ready, task]);
  useEffect(() => {
    if (recovered > 0) s.setToast(t.recovered(recovered));
  }, [recovered]);

  const doubled = conflicts(controls.keys, task.project.labels);
  const description = loaded.get(film)?.description ?? null;
  const look = s.look(film);
  const shown = (of = film): Shown | null => {
    const frame = page.frames.get(of);
    const data = s.films.find((f) => f.film === of);
    return frame && data ? { pose: poseOf(s.look(of), data, frame), frame } : null;
  };
  const view = () => {
    const now = shown();
    return now && viewActions(s, now);
  };
  const proposal = prelabels.all
    ? prelabels.shown(film).find((p) => prelabelKey(p) === s.chosen) ??
      prelabels.shown(film)[0]
    : undefined;
  const actionsOfPage: PageActions = {
    keys: controls.keys,
    shown,
    complete: finishing.complete,
    noFinding: () => s.act(actions.noFinding(s.reading, film)),
    reject: () => !s.closed && page.setRejecting(true),
    question: () => page.question.current?.focus(),
    guide: () => page.setGuide(task.project.guide !== ''),
    nextFilm: (by) => {
      const i = s.films.findIndex((f) => f.film === film) + by;
      const next = s.films[Math.min(Math.max(i, 0), s.films.length - 1)];
      if (next) s.activate(next.film);
    },
    sideBySide: () => page.setSide(!page.side),
    magnifier: () => page.setMagnifier(!page.magnifier),
    nextPreset: () =>
      description && s.setLook(film, { ...look, choice: nextPreset(description, look.choice) }),
    hide: page.setHidden,
    accept: (accepted) => {
      if (!proposal) return;
      if (!accepted) s.act(actions.rejectPrelabel(proposal));
      else s.act(actions.acceptPrelabel(s.reading, proposal));
    },
    threshold: (by) =>
      prelabels.setThreshold(Math.min(Math.max(prelabels.threshold + by, 0), 1)),
  };
  const openOther = (): void => {
    openSecond(task.task);
    page.setSide(false);
    if (s.films[0]) s.activate(s.films[0].film);
  };
  useStudyKeys(s, actionsOfPage);

  useEffect(() => clusters.point(clusterOfMark(s.chosen)), [s.chosen]);
  const marks = (of: number): Mark[] => [
    ...(prelabels.all ? prelabels.shown(of).map((p) => prelabelMark(s.labels, p)) : []),
    ...clusterMarks(clusters, s.labels, of),
  ];
  const spacing = description?.spacing ?? null;
  const visible = shownFilms(s, page.side);
  return (
    <div class="reading" data-task={task.task}>
      <FilmStrip films={s.films} titles={(f) => titleOf(s.films, f)} loaded={loaded}
        reading={s.reading} active={film} onActive={s.activate} />
      <div class="reading-center">
        <Head study={s} keys={controls.keys} onGuide={actionsOfPage.guide} />
        {why && <Notice tone="warn">{why}</Notice>}
        {task.returned && <Notice tone="warn">{t.worklist.returned(task.returned)}</Notice>}
        {doubled.length > 0 && (
          <Notice tone="warn">{t.keyConflict(doubled.map(keyName).join(', '))}</Notice>
        )}
        <ToolBar keys={controls.keys} description={description} choice={look.choice}
          inverted={look.inverted} magnifier={page.magnifier} sideBySide={page.side}
          hidden={page.hidden} two={s.films.length > 1} onFit={() => view()?.fit()}
          onActual={() => view()?.actual()}
          onTurn={(turn) => view()?.turn(turn)} onInvert={() => view()?.invert()}
          onMagnifier={actionsOfPage.magnifier} onSideBySide={actionsOfPage.sideBySide}
          onHide={() => page.setHidden(!page.hidden)}
          onSecond={second || how.managed ? null : openOther}
          onChoice={(choice) => s.setLook(film, { ...look, choice })} />
        <StudyFilms study={s} controls={controls} shown={visible} loaded={loaded}
          marks={marks} magnifier={page.magnifier} hidden={page.hidden}
          onHover={page.setHover} onFrame={page.setFrame} />
        <div class="status-line">
          <Saved state={session.state} decisions={session.decisions}
            onRetry={() => session.retry()}
            onDiscard={() => session.discard() && reload('')} />
          <Place study={s} visible={visible} hover={page.hover} loaded={loaded} shown={shown} />
        </div>
        {s.toast?.holds() && (
          <p class="toast" role="alert">
            {s.toast.text}
          </p>
        )}
      </div>
      <StudyPanel study={s} keys={controls.keys} prelabels={prelabels} clusters={clusters}
        spacing={spacing} question={page.question} doing={finishing.doing} late={late}
        onReject={actionsOfPage.reject} onComplete={finishing.complete} onReopen={finishing.reopen}
        onRenew={finishing.renew} />
      {page.guide && (
        <GuideDialog guide={task.project.guide} onClose={() => page.setGuide(false)} />
      )}
      {page.rejecting && (
        <RejectDialog onClose={() => page.setRejecting(false)}
          onReject={(reason) => {
            s.act(actions.rejectFilm(s.reading, film, reason));
            page.setRejecting(false);
          }} />
      )}
    </div>
  );
}

export function ReadingPage(props: { login: string; task: number; view: StudyView }) {
  const { login, task, view } = props;
  useEffect(() => loadControls(login), [login]);
  const { session, error, recovered, reload } = useSession(login, task);
  const [why, setWhy] = useState({ task, text: '' });
  if (!session) return <Waiting error={error} retry={reload} />;
  const { rev } = session.task;
  const renew: Reload = (text) => {
    setWhy({ task, text });
    reload();
  };
  return (
    <StudyPage key={`${task} ${rev}`} session={session} recovered={recovered} reload={renew}
      why={why.task === task ? why.text : ''} view={view} />
  );
}
