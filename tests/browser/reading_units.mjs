// reading_units.mjs PAGES: the pure functions of the reading room, in node. PAGES: the folder in
// which the build made the pages. Skipped, exit status 77, if it made none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readingModules } from './bundled.mjs';
import { fakeDatabases } from './fake_databases.mjs';

const m = await readingModules([
  'matrix',
  'pose',
  'grey',
  'resample',
  'record',
  'history',
  'actions',
  'edit',
  'sides',
  'key_table',
  'box_size',
  'text_places',
  'op_queue',
  '../typed',
]);

/** Numbers from 0 to 1, the same in every run. */
function randomNumbers(seed) {
  let s = seed;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

const near = (a, b, bound = 1e-6) => assert.ok(Math.abs(a - b) <= bound, `${a} is not ${b}`);
const film = { width: 3000, height: 4000 };
const frame = { width: 701, height: 853 };

// ---- the view ----

test('there are eight orientations', () => {
  assert.equal(new Set(m.orientations().map(String)).size, 8);
});

test('a point of the film is found again, in every orientation and zoom', () => {
  const random = randomNumbers(1);
  for (const orientation of m.orientations())
    for (const scale of [0.1, 0.37, 1, 4, 16]) {
      const middle = { x: random() * film.width, y: random() * film.height };
      const matrix = m.filmToFrame({ orientation, scale, middle, whole: false }, frame);
      const p = { x: random() * film.width, y: random() * film.height };
      const back = m.at(m.inverse(matrix), m.at(matrix, p));
      near(back.x, p.x);
      near(back.y, p.y);
      const center = m.at(matrix, middle);
      near(center.x, frame.width / 2);
      near(center.y, frame.height / 2);
    }
});

test('a zoom keeps the point under the cursor', () => {
  for (const orientation of m.orientations()) {
    const from = m.fitted(film, frame, orientation);
    const p = { x: 300, y: 400 };
    const shown = m.at(m.inverse(m.filmToFrame(from, frame)), p);
    const to = m.zoomed(from, film, frame, 3, p);
    const now = m.at(m.inverse(m.filmToFrame(to, frame)), p);
    near(now.x, shown.x);
    near(now.y, shown.y);
    near(to.scale, from.scale * 3);
  }
});

test('moving the film moves what is shown by as many pixels', () => {
  for (const orientation of m.orientations()) {
    const from = { orientation, scale: 2, middle: { x: 1500, y: 2000 }, whole: false };
    const p = { x: 1400, y: 2100 };
    const a = m.at(m.filmToFrame(from, frame), p);
    const b = m.at(m.filmToFrame(m.moved(from, film, 13, -7), frame), p);
    near(b.x - a.x, 13);
    near(b.y - a.y, -7);
  }
});

test('a turn to the right moves the upper edge of the screen to the right', () => {
  for (const orientation of m.orientations()) {
    const from = { orientation, scale: 1, middle: { x: 1500, y: 2000 }, whole: false };
    const top = m.at(m.inverse(m.filmToFrame(from, frame)), { x: frame.width / 2, y: 0 });
    const to = m.turnedBy(from, 'right', film, frame);
    const now = m.at(m.filmToFrame(to, frame), top);
    near(now.x, (frame.width + frame.height) / 2);
    near(now.y, frame.height / 2);
  }
});

test('turns and mirrors undo one another, and the whole film stays whole', () => {
  for (const orientation of m.orientations()) {
    const from = m.fitted(film, frame, orientation);
    const all = (pose, ...turns) => turns.reduce((p, t) => m.turnedBy(p, t, film, frame), pose);
    assert.deepEqual(all(from, 'right', 'right', 'right', 'right'), from);
    assert.deepEqual(all(from, 'left', 'right'), from);
    assert.deepEqual(all(from, 'acrossMirror', 'acrossMirror'), from);
    assert.deepEqual(all(from, 'downMirror', 'acrossMirror', 'right', 'right'), from);
    const corner = m.at(m.filmToFrame(all(from, 'right'), frame), { x: 0, y: 0 });
    assert.ok(corner.x >= -1e-9 && corner.x <= frame.width + 1e-9);
  }
});

// ---- the patient's sides ----

const shownSides = (orientation, pose) => {
  const s = m.sidesOf(orientation, m.filmToFrame(pose, frame));
  return s && [s.left, s.right, s.top, s.bottom].join(' ');
};

test('letters of the sides move with the film', () => {
  const upright = m.fitted(film, frame);
  const turned = (...turns) =>
    shownSides(['L', 'F'], turns.reduce((p, t) => m.turnedBy(p, t, film, frame), upright));
  assert.equal(turned(), 'R L H F');
  assert.equal(turned('right'), 'F H R L');
  assert.equal(turned('left'), 'H F L R');
  assert.equal(turned('acrossMirror'), 'L R H F');
  assert.equal(turned('downMirror'), 'R L F H');
  assert.equal(turned('right', 'acrossMirror'), 'H F R L');
});

test('a corner of the film keeps its letters in every orientation', () => {
  // the film's upper left corner is where the patient's right and head are
  for (const orientation of m.orientations()) {
    const pose = m.fitted(film, frame, orientation);
    const matrix = m.filmToFrame(pose, frame);
    const s = m.sidesOf(['L', 'F'], matrix);
    const corner = m.at(matrix, { x: 0, y: 0 });
    const near = [
      corner.x < frame.width / 2 ? s.left : s.right,
      corner.y < frame.height / 2 ? s.top : s.bottom,
    ];
    assert.deepEqual(near.sort(), ['H', 'R']);
  }
});

test('several letters, and a film that does not say its sides', () => {
  const pose = m.fitted(film, frame);
  assert.equal(shownSides(['AL', 'F'], pose), 'PR AL H F');
  for (const none of [null, undefined, ['', '']]) assert.equal(shownSides(none, pose), null);
});

// ---- grey values ----

const description = {
  width: 4,
  height: 4,
  spacing: null,
  offset: -1,
  slope: 1,
  intercept: 0,
  padding: 0,
  limits: [0, 400],
  percentiles: [4, 396],
  inverted: false,
  voi: 'limits',
  window: null,
  table: null,
};
const greys = (change, choice = null, inverted = false) =>
  m.greyTable({ ...description, ...change }, choice, inverted);

test('limits, MONOCHROME1, the inversion and padding', () => {
  const plain = greys({});
  assert.deepEqual([plain[1], plain[201], plain[401]], [0, 128, 255]);
  const negative = greys({ inverted: true });
  assert.deepEqual([negative[1], negative[201], negative[401]], [255, 128, 0]);
  assert.deepEqual(greys({ inverted: true }, null, true), plain);
  for (const t of [plain, negative, greys({}, null, true)]) assert.equal(t[0], 0);
});

test('windows as in PS3.3 C.11.2.1.2', () => {
  const w = { function: 'linear', center: 2048, width: 4096 };
  assert.equal(m.windowed(w, 0), 0);
  assert.equal(m.windowed(w, 4095.1), 1);
  near(m.windowed(w, 2047.5), 0.5);
  near(m.windowed({ ...w, function: 'linear_exact' }, 2048), 0.5);
  near(m.windowed({ ...w, function: 'sigmoid' }, 2048), 0.5);
  near(m.windowed({ ...w, function: 'sigmoid' }, 2048 + 1024), 1 / (1 + Math.exp(-1)));
});

test('a VOI LUT is used below and above its ends, and dragging begins with its range', () => {
  const table = { first: 100, top: 1023, entries: [0, 1023, 511] };
  const t = greys({ voi: 'table', table });
  assert.deepEqual([t[1], t[101], t[102], t[103], t[301]], [0, 0, 255, 127, 127]);
  const w = m.startWindow({ ...description, voi: 'table', table }, null);
  assert.deepEqual([w.center, w.width], [101, 2]);
});

test('dragging right widens, dragging down darkens, also where low values are bright', () => {
  for (const inverted of [false, true]) {
    const d = { ...description, inverted };
    const from = m.startWindow(d, null);
    assert.ok(m.draggedWindow(d, from, 10, 0).width > from.width);
    const dark = m.draggedWindow(d, from, 0, 50);
    assert.ok(m.greyTable(d, dark, false)[201] < m.greyTable(d, from, false)[201]);
  }
});

test('the presets of a film: its own windows, then those of its values', () => {
  const names = (change) =>
    m.presetsOf({ ...description, ...change }).map((p) => `${p.name} ${p.number}`);
  const w = { function: 'linear', center: 10, width: 5 };
  assert.deepEqual(names({}), ['film 0', 'percentiles 0', 'bone 0', 'full 0']);
  const both = names({ voi: 'table', window: w, windows: [w, w] });
  assert.deepEqual(both.slice(0, 4), ['film 0', 'window 1', 'window 2', 'window 3']);
});

// ---- samples at the pixels of the canvas ----

const level = (samples, width, height, level = 1, padding = -1) => ({
  level,
  width,
  height,
  film: { width: width * level, height: height * level },
  padding,
  samples: Uint16Array.from(samples),
});

test('at its own size a film is shown unchanged, in every orientation', () => {
  const p = level([...Array(12).keys()], 4, 3);
  assert.deepEqual([...m.resample(p, [1, 0, 0, 1, 0, 0], 4, 3)], [...p.samples]);
  const mirrored = m.resample(p, [-1, 0, 0, 1, 4, 0], 4, 3);
  assert.deepEqual([...mirrored], [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]);
});

test('enlarged, samples are interpolated; padding is not', () => {
  const p = level([0, 100, 7, 300], 4, 1, 1, 7);
  const shown = [...m.resample(p, [0.5, 0, 0, 1, 0, 0], 8, 1)];
  assert.deepEqual(shown, [0, 25, 75, 100, 7, 7, 300, 300]);
});

test('reduced, samples are averaged without padding; outside there is nothing', () => {
  const p = level([10, 20, 7, 30, 10, 20, 7, 30], 4, 2, 1, 7);
  const shown = [...m.resample(p, [2, 0, 0, 2, 0, 0], 3, 1)];
  assert.deepEqual(shown, [15, 30, m.OUTSIDE]);
});

test('the level that is drawn is the coarsest that is not enlarged', () => {
  const levels = [8, 4, 1].map((l) => level([0], 1, 1, l));
  const chosen = (s) => m.bestLevel([s, 0, 0, s, 0, 0], levels).level;
  assert.deepEqual([10, 8, 7, 4, 3, 1, 0.2].map(chosen), [8, 8, 4, 4, 1, 1, 1]);
});

// ---- boxes ----

const corners = [100, 200, 300, 500];

test('a handle moves its own edges alone', () => {
  const random = randomNumbers(3);
  for (const h of m.handles)
    for (let i = 0; i < 200; i++) {
      const by = { x: (random() - 0.5) * 190, y: (random() - 0.5) * 290 };
      const c = m.resized(corners, h, by, film);
      if (h.x === 0) assert.deepEqual([c[0], c[2]], [100, 300]);
      if (h.x > 0) assert.equal(c[0], 100);
      if (h.x < 0) assert.equal(c[2], 300);
      if (h.y === 0) assert.deepEqual([c[1], c[3]], [200, 500]);
      if (h.y > 0) assert.equal(c[1], 200);
      if (h.y < 0) assert.equal(c[3], 500);
    }
});

test('at the edge of the film a box is not squeezed when it is moved', () => {
  assert.deepEqual(m.shifted(corners, { x: -500, y: 9999 }, film), [0, 3700, 200, 4000]);
  assert.deepEqual(m.resized(corners, { x: 1, y: 0 }, { x: 9999, y: 0 }, film), [
    100, 200, 3000, 500,
  ]);
});

test('a handle that is drawn over the other edge turns the box around', () => {
  const c = m.resized(corners, { x: 1, y: 0 }, { x: -250, y: 0 }, film);
  assert.deepEqual(c, [50, 200, 100, 500]);
});

test('of boxes within one another the smallest is found first', () => {
  const box = (name, c) => ({ box: name, film: 1, corners: c });
  const boxes = [box('large', [0, 0, 900, 900]), box('small', [100, 100, 200, 200])];
  const names = (x, y) => m.boxesAt(boxes, { x, y }, 0).map((b) => b.box);
  assert.deepEqual(names(150, 150), ['small', 'large']);
  assert.deepEqual(names(500, 500), ['large']);
});

// ---- undo and redo ----

const emptyReading = () =>
  m.readingOf({
    task: 1,
    films: [1, 2].map((n) => ({ film: n, verdict: '', reason: '', tags: [], committed: false })),
    boxes: [],
    tags: [],
    confidence: null,
    choices: [],
  });

const plain = (r) => ({
  boxes: [...r.boxes.values()].sort((a, b) => (a.box < b.box ? -1 : 1)),
  films: [...r.films].sort(([a], [b]) => a - b),
  study: r.study,
  choices: [...r.choices].filter(([, c]) => c !== '').sort(([a], [b]) => a - b),
});

function randomOps(random, reading) {
  const film = random() < 0.5 ? 1 : 2;
  const boxes = m.boxesOf(reading, film);
  const some = boxes[Math.floor(random() * boxes.length)];
  const place = [0, 1, 2, 3].map(() => Math.floor(random() * 1000));
  const box = (name) => ({
    ...{ box: name, film, label: Math.ceil(random() * 13), corners: place },
    ...{ attributes: random() < 0.3 ? ['severe'] : [], source: 'manual', source_id: null },
  });
  const kind = Math.floor(random() * 8);
  if (kind < 2) return [m.putBox(box(`box-${Math.floor(random() * 1e9)}`))];
  if (kind === 2 && some) return [m.putBox({ ...box(some.box), film: some.film })];
  if (kind === 3 && some) return [m.deleteBox(some), m.setVerdict(film, '')];
  if (kind === 4) return [m.setVerdict(film, ['', 'normal', 'abnormal', 'rejected'][place[0] % 4])];
  if (kind === 5) return [m.setFilmTags(film, [place[0]])];
  if (kind === 6) return [m.setStudy({ tags: [place[1]], confidence: place[0] % 101 })];
  return [m.choosePrelabel(film, place[0] % 5, ['accept', 'reject', ''][place[1] % 3])];
}

test('random actions, all undone, give the start; all redone, the end', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomNumbers(seed);
    let [reading, history] = [emptyReading(), m.noHistory];
    const start = plain(reading);
    for (let i = 0; i < 40; i++) {
      const ops = randomOps(random, reading);
      const gesture = random() < 0.2 ? 'nudge' : '';
      history = m.recorded(history, reading, ops, gesture);
      reading = m.allApplied(reading, ops);
    }
    const end = plain(reading);
    const run = (step) => {
      for (let s = step(history, reading, null); s; s = step(history, reading, null)) {
        reading = m.after(reading, s);
        history = s.history;
      }
    };
    run(m.undone);
    assert.deepEqual(plain(reading), start);
    run(m.redone);
    assert.deepEqual(plain(reading), end);
  }
});

test('undo of a film leaves the other film alone', () => {
  let [reading, history] = [emptyReading(), m.noHistory];
  for (const film of [1, 2]) {
    const ops = [m.setVerdict(film, 'normal')];
    history = m.recorded(history, reading, ops);
    reading = m.allApplied(reading, ops);
  }
  reading = m.after(reading, m.undone(history, reading, 1));
  assert.equal(m.filmOf(reading, 1).verdict, '');
  assert.equal(m.filmOf(reading, 2).verdict, 'normal');
});

test('what other pages changed is not undone', () => {
  let [reading, history] = [emptyReading(), m.noHistory];
  for (const ops of [[m.setVerdict(1, 'normal')], [m.setVerdict(2, 'normal')],
    [m.setStudy({ tags: [], confidence: 7 })]]) {
    history = m.recorded(history, reading, ops);
    reading = m.allApplied(reading, ops);
  }
  const left = (changed) => {
    let [h, r] = [m.withoutThose(history, new Set(changed)), reading];
    for (let s = m.undone(h, r, null); s; s = m.undone(h, r, null))
      [r, h] = [m.after(r, s), s.history];
    return [m.filmOf(r, 1).verdict, m.filmOf(r, 2).verdict, r.study.confidence];
  };
  assert.deepEqual(left([]), ['', '', null]);
  assert.deepEqual(left([1]), ['normal', '', null]);
  assert.deepEqual(left([2, null]), ['', 'normal', 7]);
});

test('a decision that changes no box is a step of its own', () => {
  const done = [];
  const decided = { undo: () => done.push('undo'), redo: () => done.push('redo') };
  const drawn = m.drawBox(emptyReading(), 1, 1, [1, 2, 30, 40]);
  const reading = m.allApplied(emptyReading(), drawn);
  const h = m.recordedDecision(m.recorded(m.noHistory, emptyReading(), drawn), 1, decided);
  assert.equal(m.undone(h, reading, 2), null);
  const undone = m.undone(h, reading, 1);
  undone.decide();
  const redone = m.redone(undone.history, reading, 1);
  redone.decide();
  assert.deepEqual([undone.ops, redone.ops, done], [[], [], ['undo', 'redo']]);
  m.undone(redone.history, reading, 1).decide();
  assert.equal(done.length, 3);
  // the service has refused it: the step before is undone, and decides nothing
  const before = m.undone(m.withoutDecision(h, decided), reading, 1);
  before.decide();
  assert.deepEqual([before.ops.map((o) => o.kind), done.length], [['box_delete', 'verdict'], 3]);
});

// ---- keys ----

const findings = ['Digit1', 'Shift+Digit1'].map((code, i) => ({
  ...{ label: i + 1, kind: 'box', name: `finding ${i}`, code, retired: false },
}));

test('no two commands, and no finding, have the same key', () => {
  assert.deepEqual(m.conflicts(m.defaultKeys, findings), []);
  const twice = { ...m.defaultKeys, fit: 'KeyN', actual: 'Digit1' };
  assert.deepEqual(m.conflicts(twice, findings).sort(), ['Digit1', 'KeyN']);
  const retired = findings.map((l) => ({ ...l, retired: true }));
  assert.deepEqual(m.conflicts({ ...m.defaultKeys, fit: 'Digit1' }, retired), []);
});

test('keys that a command may have, and who has one', () => {
  const code = (c, shiftKey = false) => m.codeOf({ code: c, shiftKey });
  assert.equal(code('KeyZ'), 'KeyZ');
  assert.equal(code('KeyZ', true), 'Shift+KeyZ');
  for (const c of ['Tab', 'Enter', 'Escape', 'Space', 'ArrowLeft', 'ShiftLeft', 'AltRight', ''])
    assert.equal(code(c), null);
  assert.deepEqual(m.ownerOf(m.defaultKeys, findings, 'KeyN'), { command: 'noFinding' });
  assert.equal(m.ownerOf(m.defaultKeys, findings, 'Digit1').label.label, 1);
  assert.equal(m.ownerOf(m.defaultKeys, findings, 'KeyY'), null);
});

test('what a browser has kept of keys is used as far as it can be', () => {
  for (const junk of [null, 3, 'x', [], { keys: 5 }, { keys: { fit: 7 }, right: 'jump' }])
    assert.deepEqual(m.controlsOf(junk), m.defaultControls);
  const kept = m.controlsOf({ keys: { fit: 'KeyY', older: 'KeyU' }, right: 'zoom', middle: 'pan' });
  assert.deepEqual(kept, { keys: { ...m.defaultKeys, fit: 'KeyY' }, right: 'zoom', middle: 'pan' });
  const twice = m.controlsOf({ keys: { fit: 'KeyN' } });
  assert.deepEqual(twice.keys, m.defaultKeys);
});

test('sizes of boxes', () => {
  assert.equal(m.boxSize([10, 20, 110, 70], [0.2, 0.1]), '10.0 × 10.0 mm');
  assert.equal(m.boxSize([10, 20, 110, 70], null), '100 × 50 px');
});

test('names of boxes that lie on one another stand over one another', () => {
  const named = (x, y) => ({ box: { x, y, width: 60, height: 80 }, name: 'R1 Osteophytes' });
  const of = (...boxes) => m.textPlaces(boxes).map((p) => [p.x, p.y]);
  assert.deepEqual(of(named(50, 100)), [[50, 95]]);
  assert.deepEqual(of(named(50, 100), named(58, 103), named(50, 100)),
    [[50, 95], [58, 81], [50, 67]]);
  assert.deepEqual(of(named(50, 100), named(50, 200), named(200, 100)),
    [[50, 95], [50, 195], [200, 95]]);
  // at the upper edge they are inside, one below the other
  assert.deepEqual(of(named(-9, 4), named(0, 6)), [[2, 18], [2, 32]]);
});

test('names of boxes at fractions of a pixel find a place', () => {
  // (2.4 + 14) - 2.4 is less than 14 in the arithmetic of a computer
  const box = (y) => ({ box: { x: 5, y, width: 60, height: 80 }, name: 'Osteophytes' });
  for (let tenth = -300; tenth < 1000; tenth++) {
    const y = tenth / 10;
    const places = m.textPlaces([box(y), box(y), box(y + 3.7), box(y - 2.3)]);
    const lines = places.map((p) => p.y).sort((a, b) => a - b);
    for (let i = 1; i < 4; i++) assert.ok(lines[i] - lines[i - 1] >= 14, `${y}: ${lines}`);
    for (const line of lines) assert.ok(line >= 11, `${y}: ${lines}`);
  }
});

// ---- adjudication ----

test('a box is not taken twice, and takes the place of the one before', () => {
  const box = (name, x) => ({
    ...{ box: name, film: 1, label: 1, corners: [x, 2, 30, 40], attributes: [] },
    ...{ source: 'copy', source_id: null },
  });
  const first = m.takeBox(emptyReading(), box('first', 1), []);
  assert.deepEqual(first.map((o) => o.kind), ['verdict', 'box_put']);
  const taken = m.allApplied(emptyReading(), first);
  assert.equal(m.takeBox(taken, box('second', 1), []), 'equalBox');
  const again = m.takeBox(taken, box('second', 1), [box('first', 1)]);
  assert.deepEqual([...m.allApplied(taken, again).boxes.keys()], ['second']);
});

// ---- texts ----

test('blanks of Unicode are left out around a text', () => {
  assert.equal(m.trimmed(' \t\u00a0\u200b\u2003\u3000\n'), '');
  assert.equal(m.trimmed('\u200b a\u00a0b \ufeff'), 'a\u00a0b');
});

// ---- saving ----

/** A service that refuses operations with a reason of more than 10 bytes, one batch as a whole. */
function fakeService() {
  const [saved, batches] = [[], []];
  globalThis.fetch = async (_, init) => {
    const { ops } = JSON.parse(init.body);
    batches.push(ops.length);
    const bad = ops.some((op) => (op.body?.reason ?? '').length > 10);
    if (!bad) saved.push(...ops);
    return Response.json(bad ? { error: 'reason: too long' } : { rev: saved.length },
      { status: bad ? 400 : 200 });
  };
  return { saved, batches };
}

function newQueue() {
  const queue = new m.OpQueue('rita', 1, 0, {
    changed: () => undefined,
    saved: () => undefined,
    merge: (_, pending) => pending,
    hasBox: () => false,
  });
  return queue;
}

const boxPut = (box) => m.putBox({
  ...{ box, film: 1, label: 1, corners: [0, 0, 9, 9], attributes: [] },
  ...{ source: 'manual', source_id: null },
});

test('an operation that is refused holds back no other one', async () => {
  const { saved } = fakeService();
  const queue = newQueue();
  const wrong = m.setVerdict(2, 'rejected', 'much too long');
  void queue.add([boxPut('a'), wrong, boxPut('b'), boxPut('c')]);
  await queue.settled();
  void queue.add([boxPut('d')]);
  await queue.settled();
  assert.deepEqual(saved.map((op) => op.box), ['a', 'b', 'c', 'd']);
  const problem = 'reason: too long';
  assert.deepEqual(queue.state, { unsaved: 1, problem, refused: true, kept: false });
  // what the reader says instead takes its place
  void queue.add([m.setVerdict(2, 'rejected', 'short')]);
  await queue.settled();
  assert.deepEqual(queue.state, { unsaved: 0, problem: '', refused: false, kept: false });
  assert.equal(saved[saved.length - 1].body.reason, 'short');
});

test('what the browser could not keep is not called kept, and is kept later', async () => {
  globalThis.fetch = () => Promise.reject(new TypeError('no network'));
  const database = fakeDatabases();
  database.fails = true;
  const queue = newQueue();
  await queue.add([boxPut('a')]);
  assert.equal(queue.state.kept, false);
  database.fails = false;
  await queue.add([boxPut('b')]);
  assert.equal(queue.state.kept, true);
  const boxes = () => [...database.rows.values()].map((row) => row.op.box).sort();
  assert.deepEqual(boxes(), ['a', 'b']);
  // the browser's data were cleared while the page was open
  database.rows.clear();
  database.isClosed = true;
  await queue.add([boxPut('c')]);
  assert.equal(queue.state.kept, true);
  assert.deepEqual(boxes(), ['a', 'b', 'c']);
  assert.equal(database.opens, 4);
  queue.stop();
  delete globalThis.indexedDB;
});

test('giving up a refused operation gives up no other one', async () => {
  const { saved } = fakeService();
  const queue = newQueue();
  void queue.add([m.setVerdict(2, 'rejected', 'much too long')]);
  await queue.settled();
  void queue.add([boxPut('a')]);
  assert.deepEqual(queue.discard().map((op) => op.box), ['a']);
  await queue.settled();
  assert.deepEqual(saved.map((op) => op.box), ['a']);
  assert.equal(queue.state.unsaved, 0);
});

test('a text is cut to bytes between two characters', () => {
  assert.equal(m.withinBytes('abc', 3), 'abc');
  assert.equal(m.withinBytes('abcd', 3), 'abc');
  assert.equal(m.withinBytes('ốốố', 7), 'ốố');
  assert.equal(m.withinBytes('a\u{1f9b4}', 4), 'a');
});
