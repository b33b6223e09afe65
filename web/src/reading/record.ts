// What a reader has recorded about a study: boxes, verdicts, tags. It changes by operations alone,
// each of which says the whole new state of one thing, so that each can be undone.
import type {
  ReadingFilm,
  ReadingNewOp,
  ReadingOp,
  ReadingOpBody,
  ReadingTask,
} from '../api_types';

export type Corners = readonly [number, number, number, number];

export interface Box {
  box: string;
  film: number;
  label: number;
  corners: Corners;
  attributes: string[];
  source: 'manual' | 'prelabel' | 'copy';
  source_id: number | null;
}

export interface FilmRecord {
  verdict: ReadingFilm['verdict'];
  reason: string;
  tags: number[];
  committed: boolean;
}

export interface StudyRecord {
  tags: number[];
  confidence: number | null;
}

export type Choice = 'accept' | 'edit' | 'reject' | 'ignore' | '';

export interface Reading {
  boxes: ReadonlyMap<string, Box>;
  films: ReadonlyMap<number, FilmRecord>;
  study: StudyRecord;
  choices: ReadonlyMap<number, Choice>;
}

/** An operation without its number. */
export type Op = Pick<ReadingNewOp, 'kind' | 'film' | 'box' | 'body'>;

/** Of a study on which no operation was done. */
export const nothingRead: Reading = {
  boxes: new Map(),
  films: new Map(),
  study: { tags: [], confidence: null },
  choices: new Map(),
};

/** An operation that the service has. */
export const opOf = ({ kind, film, box, body }: ReadingOp): Op => ({ kind, film, box, body }) as Op;

export function readingOf(task: ReadingTask): Reading {
  const boxes = task.boxes.map((b): [string, Box] => {
    const { rev: _, corners, ...rest } = b;
    return [b.box, { ...rest, corners: corners as unknown as Corners }];
  });
  const films = task.films.map((f): [number, FilmRecord] => {
    const { verdict, reason, tags, committed } = f;
    return [f.film, { verdict, reason, tags, committed }];
  });
  return {
    boxes: new Map(boxes),
    films: new Map(films),
    study: { tags: task.tags, confidence: task.confidence },
    choices: new Map(task.choices.map((c) => [c.prelabel, c.choice])),
  };
}

// ---- making operations ----

export const putBox = (b: Box): Op => ({
  kind: 'box_put',
  film: b.film,
  box: b.box,
  body: {
    label: b.label,
    corners: [...b.corners],
    attributes: b.attributes,
    source: b.source,
    source_id: b.source_id,
  },
});

export const deleteBox = (b: Box): Op => ({ kind: 'box_delete', film: b.film, box: b.box });

export const setVerdict = (
  film: number,
  verdict: FilmRecord['verdict'],
  reason = '',
): Op => ({ kind: 'verdict', film, body: { verdict, reason } });

export const setFilmTags = (film: number, tags: number[]): Op => ({
  kind: 'film_tags',
  film,
  body: { tags },
});

export const setStudy = (s: StudyRecord): Op => ({ kind: 'study', body: { ...s } });

export const choosePrelabel = (film: number, prelabel: number, choice: Choice): Op => ({
  kind: 'prelabel_choice',
  film,
  body: { prelabel, choice },
});

export const commit = (film: number): Op => ({ kind: 'commit', film });

// ---- applying them ----

const none: FilmRecord = { verdict: '', reason: '', tags: [], committed: false };

export const filmOf = (r: Reading, film: number): FilmRecord => r.films.get(film) ?? none;

export const boxesOf = (r: Reading, film: number): Box[] =>
  [...r.boxes.values()].filter((b) => b.film === film);

/** Verdicts of films that have no boxes. */
export const excludesBoxes = (verdict: string): boolean =>
  verdict === 'normal' || verdict === 'rejected';

const PIXEL = 1e4; // an export rounds to 1/10000 pixel

export const sameCorners = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((v, i) => Math.round(v * PIXEL) === Math.round((b[i] ?? 0) * PIXEL));

/** Of two lists in which nothing occurs twice, as of tags. */
export const sameEntries = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((x) => b.includes(x));

/** Whether class, place and attributes are the same. */
export const sameBox = (a: Box, b: Box): boolean =>
  a.label === b.label && sameCorners(a.corners, b.corners) &&
  sameEntries(a.attributes, b.attributes);

/** Another box of the film that equals the one that an operation puts: the service refuses it. */
export function equalBox(r: Reading, op: Op): Box | undefined {
  if (op.kind !== 'box_put') return undefined;
  const { label, corners = [] } = op.body ?? {};
  const same = (b: Box): boolean =>
    b.box !== op.box && b.label === label && sameCorners(b.corners, corners);
  return boxesOf(r, op.film ?? 0).find(same);
}

export const hasEqual = (r: Reading, op: Op): boolean => equalBox(r, op) !== undefined;

function withFilm(r: Reading, film: number, change: Partial<FilmRecord>): Reading {
  return { ...r, films: new Map(r.films).set(film, { ...filmOf(r, film), ...change }) };
}

/** The box that an operation puts. */
export function boxOf(op: Op): Box {
  const body: ReadingOpBody = op.body ?? {};
  return {
    box: op.box ?? '',
    film: op.film ?? 0,
    label: body.label ?? 0,
    corners: (body.corners ?? [0, 0, 0, 0]) as unknown as Corners,
    attributes: body.attributes ?? [],
    source: body.source ?? 'manual',
    source_id: body.source_id ?? null,
  };
}

function withBox(r: Reading, box: Box): Reading {
  return { ...r, boxes: new Map(r.boxes).set(box.box, box) };
}

function withoutBox(r: Reading, box: string): Reading {
  const boxes = new Map(r.boxes);
  boxes.delete(box);
  return { ...r, boxes };
}

export function applied(r: Reading, op: Op): Reading {
  const body = op.body ?? {};
  const film = op.film ?? 0;
  switch (op.kind) {
    case 'box_put':
      return withBox(r, boxOf(op));
    case 'box_delete':
      return withoutBox(r, op.box ?? '');
    case 'verdict':
      return withFilm(r, film, { verdict: body.verdict ?? '', reason: body.reason ?? '' });
    case 'film_tags':
      return withFilm(r, film, { tags: body.tags ?? [] });
    case 'commit':
      return withFilm(r, film, { committed: true });
    case 'study':
      return { ...r, study: { tags: body.tags ?? [], confidence: body.confidence ?? null } };
    case 'prelabel_choice':
      return { ...r, choices: new Map(r.choices).set(body.prelabel ?? 0, body.choice ?? '') };
    default:
      return r; // prelabels_shown: for the record of the service alone
  }
}

export const allApplied = (r: Reading, ops: readonly Op[]): Reading => ops.reduce(applied, r);

// ---- undoing them ----

/** The operation that brings back what `op` would change in `r`; null: it cannot be undone. */
function inverseOf(r: Reading, op: Op): Op | null {
  const film = op.film ?? 0;
  const box = r.boxes.get(op.box ?? '');
  switch (op.kind) {
    case 'box_put':
      return box ? putBox(box) : { kind: 'box_delete', film, box: op.box ?? '' };
    case 'box_delete':
      return box ? putBox(box) : null;
    case 'verdict': {
      const { verdict, reason } = filmOf(r, film);
      return setVerdict(film, verdict, reason);
    }
    case 'film_tags':
      return setFilmTags(film, filmOf(r, film).tags);
    case 'study':
      return setStudy(r.study);
    case 'prelabel_choice': {
      const prelabel = op.body?.prelabel ?? 0;
      return choosePrelabel(film, prelabel, r.choices.get(prelabel) ?? '');
    }
    default:
      return null;
  }
}

/** Operations that undo `ops`, applied to `r` in their order. */
export function inverses(r: Reading, ops: readonly Op[]): Op[] {
  const out: Op[] = [];
  let state = r;
  for (const op of ops) {
    const inverse = inverseOf(state, op);
    if (inverse) out.unshift(inverse);
    state = applied(state, op);
  }
  return out;
}
