// The page on which a study is read.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Notice, Waiting } from '../parts';
import { address } from '../router';
import { texts } from '../texts';
import * as actions from './actions';
import { useActivity } from './activity';
import { type Hover, poseOf } from './film_frame';
import { FilmStrip } from './film_strip';
import { prefetchNext, useFinishing } from './finishing';
import { startWindow } from './grey';
import './reading.css';
import type { Mark } from './overlay';
import type { Size } from './pose';
import type { ReadingSession } from './session';
import { Place, Saved } from './status_line';
import { StudyFilms } from './study_films';
import { type PageActions, type Shown, useStudyKeys, viewActions } from './study_keys';
import { StudyPanel } from './study_panel';
import { nextPreset, presetName, ToolBar } from './tool_bar';
import { clusterMarks, useClusters } from './use_clusters';
import { titleOf, useFilms } from './use_films';
import { prelabelMark, usePrelabels } from './use_prelabels';
import { useSession } from './use_session';
import { type Study, useStudy } from './use_study';
import { RejectDialog } from './verdict_panel';

const t = texts.reading;
const PREFETCH = 1500; // ms after this study is loaded

function Head({ study: s }: { study: Study }) {
  const { task } = s;
  return (
    <div class="reading-head">
      <a href={address('reading')}>{t.back}</a>
      <h1>{t.study(task.number, task.count)}</h1>
      <span class="muted">{task.project.name}</span>
      {task.repeat > 0 && <span class="badge info">{t.again}</span>}
      <span class="undo-buttons">
        <button type="button" class="tool" title="Ctrl+Z" disabled={s.closed} onClick={s.undo}>
          {t.undo}
        </button>
        <button type="button" class="tool" title="Ctrl+Shift+Z" disabled={s.closed}
          onClick={s.redo}>
          {t.redo}
        </button>
      </span>
    </div>
  );
}

/** What the page shows beside the study itself. */
function usePageState() {
  const [side, setSide] = useState(true);
  const [magnifier, setMagnifier] = useState(false);
  const [hidden, setHidden] = useState(false);
  const [rejecting, setRejecting] = useState(false);
  const [hover, setHover] = useState<Hover | null>(null);
  const frames = useRef(new Map<number, Size>());
  const question = useRef<HTMLTextAreaElement>(null);
  return {
    side, setSide, magnifier, setMagnifier, hidden, setHidden, rejecting, setRejecting, hover,
    setHover, frames, question,
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

function sizeText(s: Study, spacing: readonly number[] | null): string {
  if (!s.box) return '';
  const [x0, y0, x1, y1] = s.box.corners;
  const [row, column] = spacing ?? [];
  return row && column
    ? t.status.size(((x1 - x0) * column).toFixed(1), ((y1 - y0) * row).toFixed(1))
    : t.status.pixels((x1 - x0).toFixed(0), (y1 - y0).toFixed(0));
}

interface StudyPageProps {
  session: ReadingSession;
  recovered: number;
  reload: () => void;
}

function StudyPage({ session, recovered, reload }: StudyPageProps) {
  const s = useStudy(session);
  const page = usePageState();
  const loaded = useFilms(s.films);
  const prelabels = usePrelabels(session, s.film);
  const clusters = useClusters(session);
  const finishing = useFinishing(s, prelabels);
  const { task, film } = s;
  useActivity(task.task, film, !s.closed);

  const ready = s.films.every((f) => loaded.get(f.film)?.levels.length === 3);
  useEffect(() => {
    if (!ready) return undefined;
    const timer = setTimeout(() => void prefetchNext(task.task).catch(() => undefined), PREFETCH);
    return () => clearTimeout(timer);
  }, [ready, task]);
  useEffect(() => {
    if (recovered > 0) s.setToast(t.recovered(recovered));
  }, [recovered]);
  useEffect(() => {
    if (session.conflicts.length > 0) s.setToast(t.conflict);
  }, [session.conflicts]);

  const description = loaded.get(film)?.description ?? null;
  const look = s.look(film);
  const shown = (): Shown | null => {
    const frame = page.frames.current.get(film);
    return frame && s.filmData ? { pose: poseOf(look, s.filmData, frame), frame } : null;
  };
  const view = () => {
    const now = shown();
    return now && viewActions(s, now);
  };
  const proposal = prelabels.all
    ? prelabels.shown(film).find((p) => `prelabel-${p.prelabel}` === s.chosen) ??
      prelabels.shown(film)[0]
    : undefined;
  const keys: PageActions = {
    shown,
    complete: finishing.complete,
    noFinding: () => s.act(actions.noFinding(s.reading, film)),
    reject: () => !s.closed && page.setRejecting(true),
    question: () => page.question.current?.focus(),
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
  useStudyKeys(s, keys);

  const marks = (of: number): Mark[] => [
    ...(prelabels.all ? prelabels.shown(of).map((p) => prelabelMark(s.labels, p)) : []),
    ...clusterMarks(clusters.data, of),
  ];
  const spacing = description?.spacing ?? null;
  return (
    <div class="reading" data-task={task.task}>
      <FilmStrip films={s.films} titles={(f) => titleOf(s.films, f)} loaded={loaded}
        reading={s.reading} active={film} onActive={s.activate} />
      <div class="reading-center">
        <Head study={s} />
        {task.returned && <Notice tone="warn">{t.worklist.returned(task.returned)}</Notice>}
        <ToolBar description={description} choice={look.choice} inverted={look.inverted}
          magnifier={page.magnifier} sideBySide={page.side} hidden={page.hidden}
          two={s.films.length > 1} onFit={() => view()?.fit()} onActual={() => view()?.actual()}
          onTurn={(turn) => view()?.turn(turn)} onInvert={() => view()?.invert()}
          onMagnifier={keys.magnifier} onSideBySide={keys.sideBySide}
          onHide={() => page.setHidden(!page.hidden)}
          onChoice={(choice) => s.setLook(film, { ...look, choice })} />
        <StudyFilms study={s} shown={shownFilms(s, page.side)} loaded={loaded}
          marks={marks} magnifier={page.magnifier} hidden={page.hidden}
          onHover={page.setHover} onFrame={(f, size) => page.frames.current.set(f, size)} />
        <div class="status-line">
          <Saved state={session.state} onRetry={() => session.retry()}
            onDiscard={() => {
              session.discard();
              reload();
            }} />
          {description && (
            <Place hover={page.hover} scale={shown()?.pose.scale ?? 1}
              window={startWindow(description, look.choice)} size={sizeText(s, spacing)}
              preset={presetName(description, look.choice)} />
          )}
        </div>
        {s.toast && (
          <p class="toast" role="alert">
            {s.toast}
          </p>
        )}
      </div>
      <StudyPanel study={s} prelabels={prelabels} clusters={clusters} spacing={spacing}
        question={page.question} busy={finishing.busy} onReject={keys.reject}
        onComplete={finishing.complete} onReopen={finishing.reopen} />
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

export function ReadingPage({ login, task }: { login: string; task: number }) {
  const { session, error, recovered, reload } = useSession(login, task);
  if (!session) return <Waiting error={error} retry={reload} />;
  const { rev } = session.task;
  return (
    <StudyPage key={`${task} ${rev}`} session={session} recovered={recovered} reload={reload} />
  );
}
