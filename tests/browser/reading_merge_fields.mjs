// reading_merge_fields.mjs PAGES: what two pages with one study make of each field, by the actions
// of a reader: a table of the fields, and random sequences. PAGES: the folder in which the build
// made the pages. Skipped, exit status 77, if it made none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readingModules } from './bundled.mjs';

const m = await readingModules(['record', 'merge', 'merge_fields', 'actions', 'recover']);

const after = (r, ops) => m.allApplied(r, ops);

/** Of two pages that both had `both`, one has saved `theirs`, and the other one merges `mine`: as a
 * page that is open, and as what a killed page has left. */
const listed = (client, ops, from = 0) =>
  ops.map((op, i) => ({ rev: from + i + 1, client, seq: from + i + 1, at: 0, ...op }));
const left = (mine, rev) =>
  mine.map((op, i) => ({ client: 'mine', seq: i + 1, at: 0, rev, op }));
const pages = {
  living: (both, theirs, mine) => {
    const before = after(m.nothingRead, both);
    return m.merged({ before, base: after(before, theirs) }, mine);
  },
  killed: (both, theirs, mine) => {
    const saved = [...listed('both', both), ...listed('theirs', theirs, both.length)];
    const now = after(m.nothingRead, saved);
    return m.mergedOrphans(now, saved.length, saved, left(mine, both.length));
  },
};

// ---- each field ----

const place = (x) => [x, x, x + 20, x + 20];
const proposal = { prelabel: 7, film: 1, label: 1, corners: place(50), score: 0.9 };
const firstBox = (r) => m.boxesOf(r, 1)[0];
const start = m.drawBox(m.nothingRead, 1, 1, place(10));
const accepted = m.acceptPrelabel(m.nothingRead, proposal);
const rejected = m.rejectFilm(m.nothingRead, 1, 'dark');
const changed = (change) => (r) => m.changeBox(firstBox(r), change);

/** `one` and `other`: actions on the field; `of`: what it holds then. `kept`: what it holds when
 * one was saved before the other was merged. `told`: the kind of difference that is told. */
const fields = [
  { name: 'study tags', of: (r) => [...r.study.tags].sort(), kept: [5, 6],
    one: (r) => m.toggleStudyTag(r, 5), other: (r) => m.toggleStudyTag(r, 6) },
  { name: 'study tags that are removed', of: (r) => [...r.study.tags].sort(), kept: [],
    both: [...m.toggleStudyTag(m.nothingRead, 5), m.setStudy({ tags: [5, 6], confidence: null })],
    one: (r) => m.toggleStudyTag(r, 5), other: (r) => m.toggleStudyTag(r, 6) },
  { name: 'confidence', of: (r) => r.study.confidence, kept: 90, told: 'confidence',
    both: m.giveConfidence(m.nothingRead, 50),
    one: (r) => m.giveConfidence(r, 90), other: (r) => m.giveConfidence(r, 20) },
  { name: 'film tags', of: (r) => [...m.filmOf(r, 1).tags].sort(), kept: [8, 9],
    one: (r) => m.toggleFilmTag(r, 1, 8), other: (r) => m.toggleFilmTag(r, 1, 9) },
  { name: 'reason', of: (r) => m.filmOf(r, 1).reason, kept: 'burned-in', told: 'reason',
    one: (r) => m.rejectFilm(r, 1, 'burned-in'), other: (r) => m.rejectFilm(r, 1, 'dark') },
  { name: 'reason of a rejected film', of: (r) => m.filmOf(r, 1).reason, kept: 'burned-in',
    told: 'reason', both: rejected,
    one: (r) => m.rejectFilm(r, 1, 'burned-in'), other: (r) => m.rejectFilm(r, 1, 'cut off') },
  { name: 'class', of: (r) => firstBox(r).label, kept: 2, told: 'box', both: start,
    one: changed({ label: 2, attributes: [] }), other: changed({ label: 3, attributes: [] }) },
  { name: 'place', of: (r) => firstBox(r).corners, kept: place(30), told: 'box', both: start,
    one: changed({ corners: place(30) }), other: changed({ corners: place(40) }) },
  { name: 'attributes', of: (r) => [...firstBox(r).attributes].sort(), kept: ['mild', 'old'],
    both: start, one: changed({ attributes: ['mild'] }), other: changed({ attributes: ['old'] }) },
  { name: 'choice', of: (r) => r.choices.get(7), kept: 'edit', both: accepted,
    one: changed({ corners: place(60) }), other: (r) => m.removeBox(r, firstBox(r)) },
];

for (const [page, merge] of Object.entries(pages))
  for (const { name, both = [], one, other, of, kept, told } of fields)
    test(`${name}: ${page} page`, () => {
      const before = after(m.nothingRead, both);
      const done = (theirs, mine) => {
        const base = after(before, theirs);
        const result = merge(both, theirs, mine);
        return { ...result, value: of(after(base, result.ops)) };
      };
      const silent = ({ value, conflicts, differences }, wanted, what) =>
        assert.deepEqual([value, conflicts, differences], [wanted, [], []], what);
      const [one_, other_] = [one(before), other(before)];
      const alone = of(after(before, one_));
      silent(done([], one_), alone, 'changed here');
      silent(done(one_, []), alone, 'changed there');
      const same = done(one_, one(before));
      silent(same, alone, 'changed to the same on both');
      assert.deepEqual(same.ops.filter((o) => o.kind !== 'verdict' && o.kind !== 'prelabel_choice'),
        []);
      const differ = done(one_, other_);
      assert.deepEqual(differ.value, kept);
      assert.deepEqual(differ.differences.map((d) => d.kind), told ? [told] : []);
      // what this page took back leaves the other page's change alone
      silent(done(one_, [...other_, ...m.inverses(before, other_)]), alone, 'taken back here');
    });

test('what is told has both values', () => {
  const before = after(m.nothingRead, start);
  const moved = (x, label) => m.changeBox(firstBox(before), { corners: place(x), label });
  const [box] = pages.living(start, moved(30, 1), moved(40, 2)).differences;
  assert.deepEqual(box.lost, { label: false, corners: true, attributes: [] });
  const { saved, here } = box;
  assert.deepEqual([saved.label, saved.corners, here.corners], [2, place(30), place(40)]);
  const given = (c) => m.giveConfidence(m.nothingRead, c);
  assert.deepEqual(pages.living([], given(90), given(20)).differences,
    [{ kind: 'confidence', saved: 90, here: 20 }]);
  const film = (reason) => m.rejectFilm(m.nothingRead, 1, reason);
  assert.deepEqual(pages.living([], film('burned-in'), film('dark')).differences,
    [{ kind: 'reason', film: 1, saved: 'burned-in', here: 'dark' }]);
});

test('other fields of the same record are kept', () => {
  const tagged = m.toggleStudyTag(m.nothingRead, 5);
  const given = m.giveConfidence(m.nothingRead, 70);
  for (const [theirs, mine] of [[tagged, given], [given, tagged]]) {
    const { ops, differences } = pages.living([], theirs, mine);
    const { study } = after(after(m.nothingRead, theirs), ops);
    assert.deepEqual([study, differences], [{ tags: [5], confidence: 70 }, []]);
  }
});

test('attributes belong to their class', () => {
  const before = after(m.nothingRead, start);
  const other = changed({ label: 2, attributes: [] })(before);
  const mild = changed({ attributes: ['mild'] })(before);
  for (const [theirs, mine, lost] of [
    [other, mild, { label: false, corners: false, attributes: ['mild'] }],
    [mild, other, { label: true, corners: false, attributes: [] }],
  ]) {
    const { ops, differences } = pages.living(start, theirs, mine);
    assert.deepEqual([ops, differences.map((d) => d.lost)], [[], [lost]]);
  }
});

test('a box drawn where another one was moved away', () => {
  const theirs = m.toggleStudyTag(m.nothingRead, 5);
  const before = after(m.nothingRead, start);
  const mine = [30, 40].map((x) => changed({ corners: place(x) })(before));
  mine.splice(1, 0, m.drawBox(after(before, mine[0]), 1, 1, place(10)));
  const { ops } = pages.living(start, theirs, mine.flat());
  const boxes = m.boxesOf(after(before, ops), 1);
  assert.deepEqual(boxes.map((b) => b.corners), [place(40), place(10)]);
});

test('a proposal whose box stays is not rejected', () => {
  const edited = [...accepted, ...changed({ corners: place(60) })(after(m.nothingRead, accepted))];
  const before = after(m.nothingRead, edited);
  const moved = changed({ corners: place(70) })(before);
  const { ops } = pages.living(edited, moved, m.removeBox(before, firstBox(before)));
  assert.equal(after(after(before, moved), ops).choices.get(7), 'edit');
});

test('of a difference is left what the reader has not changed since', () => {
  const left = (d, r, ...ops) => m.leftOf(d, after(r, ops.flat()));
  const drawn = after(m.nothingRead, start);
  const base = after(drawn, changed({ attributes: ['old'] })(drawn));
  const there = changed({ label: 2, corners: place(30) })(base);
  const here = changed({ label: 3, corners: place(40), attributes: [] })(base);
  const now = after(base, there);
  const saved = firstBox(now);
  const [box] = m.differencesOf(base, now, after(base, here));
  const lost = { label: true, corners: true, attributes: [] };
  assert.deepEqual(left(box, now), { ...box, lost });
  const put = (change) => m.putBox({ ...saved, ...change });
  assert.deepEqual(left(box, now, put({ attributes: ['mild'] })), box);
  assert.deepEqual(left(box, now, put({ box: 'another', label: 3, corners: place(90) })), box);
  assert.deepEqual(left(box, now, put({ label: 3 })).lost, { ...lost, label: false });
  assert.deepEqual(left(box, now, put({ corners: place(50) })).lost, { ...lost, corners: false });
  assert.equal(left(box, now, put({ label: 3, corners: place(50) })), null);
  assert.equal(left(box, now, m.deleteBox(saved)), null);
  const mild = { ...box, lost: { label: false, corners: false, attributes: ['mild', 'new'] } };
  assert.deepEqual(left(mild, now, put({ attributes: ['mild'] })).lost.attributes, ['new']);
  assert.equal(left(mild, now, put({ label: 3 })), null);
  const confidence = { kind: 'confidence', saved: 90, here: 20 };
  const given = m.setStudy({ tags: [], confidence: 90 });
  assert.equal(left(confidence, now, given, m.toggleStudyTag(after(now, [given]), 5)), confidence);
  assert.equal(left(confidence, now, given, m.setStudy({ tags: [], confidence: 20 })), null);
  const reason = { kind: 'reason', film: 1, saved: 'a', here: 'b' };
  const a = m.setVerdict(1, 'rejected', 'a');
  assert.equal(left(reason, now, a, m.setVerdict(2, '')), reason);
  for (const answer of [m.setVerdict(1, ''), m.setVerdict(1, 'rejected', 'b')])
    assert.equal(left(reason, now, a, answer), null);
});

// ---- random sequences ----

function randomNumbers(seed) {
  let s = seed;
  return (n) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * n);
  };
}

const proposals = [1, 2].map((film) => ({
  ...{ prelabel: film + 6, film, label: 1, corners: place(50), score: 0.9 },
}));

/** An action of the reader in the state `r`; none where the page refuses it. */
function randomAction(random, r) {
  const film = 1 + random(2);
  const boxes = m.boxesOf(r, film);
  const box = boxes[random(boxes.length)];
  const corners = place(10 * random(4));
  const some = ['mild', 'old', 'large'].filter(() => random(2));
  const ofBox = [
    () => m.changeBox(box, { corners }),
    () => m.changeBox(box, { label: 1 + random(3), attributes: [] }),
    () => m.changeBox(box, { attributes: some }),
    () => m.removeBox(r, box),
  ];
  const others = [
    () => m.drawBox(r, film, 1 + random(2), corners),
    () => m.drawBox(r, film, 1 + random(2), corners),
    () => m.noFinding(r, film),
    () => m.rejectFilm(r, film, ['dark', 'burned-in'][random(2)]),
    () => m.abnormal(film),
    () => (boxes.length > 0 ? [] : m.openVerdict(film)),
    () => m.toggleFilmTag(r, film, 8 + random(2)),
    () => m.toggleStudyTag(r, 5 + random(2)),
    () => m.giveConfidence(r, [20, 50, 90][random(3)]),
    () => (r.choices.get(film + 6) ? [] : m.acceptPrelabel(r, proposals[film - 1])),
    () => (r.choices.get(film + 6) ? [] : m.rejectPrelabel(proposals[film - 1])),
  ];
  const all = box ? [...others, ...ofBox] : others;
  const wanted = all[random(all.length)]();
  const ops = typeof wanted === 'string' ? wanted : m.withoutEqual(r, wanted);
  return typeof ops === 'string' ? [] : ops;
}

/** What a page does, undoing included. */
function randomOps(random, from, most) {
  const ops = [];
  const undo = [];
  let r = from;
  for (let i = random(most + 1); i > 0; i--) {
    const undone = undo.length > 0 && random(6) === 0;
    const next = undone ? undo.pop() : randomAction(random, r);
    if (!undone) undo.push(m.inverses(r, next));
    ops.push(...next);
    r = after(r, next);
  }
  return ops;
}

/** Why the service refuses an operation. */
function refusal(r, op) {
  if (op.kind === 'box_put' && m.excludesBoxes(m.filmOf(r, op.film).verdict)) return 'verdict';
  if (m.hasEqual(r, op)) return 'equal box';
  const boxless = op.kind === 'verdict' && m.excludesBoxes(op.body.verdict);
  return boxless && m.boxesOf(r, op.film).length > 0 ? 'boxes' : '';
}

const hasAll = (list, all) => all.every((x) => list.includes(x));
const minus = (a, b) => a.filter((x) => !b.includes(x));

/** Entries that were added are there, and those that were removed are not, in a list. */
const keepsList = (was, has, now) =>
  hasAll(now, minus(has, was)) && minus(was, has).every((x) => !now.includes(x));

/** Fields in which `page` has changed what both pages had, and which are different now. */
function lostFields(before, page, now) {
  const lost = [];
  const field = (name, kept) => kept || lost.push(name);
  field('study tags', keepsList(before.study.tags, page.study.tags, now.study.tags));
  const { confidence } = page.study;
  field('confidence', confidence === before.study.confidence || confidence === null ||
    confidence === now.study.confidence);
  for (const film of [1, 2]) {
    const [was, has, is] = [before, page, now].map((r) => m.filmOf(r, film));
    field(`film tags ${film}`, keepsList(was.tags, has.tags, is.tags));
    const verdict = has.verdict + has.reason;
    field(`verdict ${film}`, has.verdict === '' || verdict === was.verdict + was.reason ||
      verdict === is.verdict + is.reason);
  }
  for (const box of page.boxes.values()) {
    const [was, is] = [before, now].map((r) => r.boxes.get(box.box));
    if (was && m.sameBox(was, box)) continue;
    if (!is) field(`box ${box.box} ${box.film}`, m.hasEqual(now, m.putBox(box)));
    else if (was) {
      field(`class ${box.box}`, box.label === was.label || box.label === is.label);
      field(`place ${box.box}`, m.sameCorners(box.corners, was.corners) ||
        m.sameCorners(box.corners, is.corners));
      const known = box.label === was.label ? was.attributes : [];
      field(`attributes ${box.box}`, keepsList(known, box.attributes, is.attributes));
    } else field(`box ${box.box}`, m.sameBox(box, is));
  }
  return lost;
}

/** Whether the reader is told of a field that was lost, or asked. */
function isTold({ conflicts, differences }, field, now) {
  const [name, which] = [field.replace(/ [^ ]*$/, ''), field.split(' ').pop()];
  if (name === 'verdict')
    return conflicts.includes(+which) ||
      differences.some((d) => d.kind === 'reason' && d.film === +which);
  if (field === 'confidence') return differences.some((d) => d.kind === 'confidence');
  return differences.some((d) => d.kind === 'box' && d.here.box === which) && now.boxes.has(which);
}

const plain = (r) => [
  [...r.boxes.values()].map((b) => JSON.stringify(b)).sort(),
  [1, 2].map((film) => m.filmOf(r, film)),
  r.study,
  [...r.choices].filter(([, choice]) => choice !== '').sort(),
];

function checkProposals(before, base, own, now) {
  for (const { prelabel } of proposals) {
    const all = [before, base, own, now].map((r) => r.choices.get(prelabel) ?? '');
    const [was, has, wants, is] = all;
    assert.ok([has, wants].includes(is) || [...now.boxes.values()].some(
      (b) => b.source_id === prelabel), `choice ${was} ${has} ${wants} ${is}`);
    if (has === was || has === is) continue;
    assert.ok(['accept', 'edit'].includes(is), `${has} became ${is}`);
  }
}

function checkMerge(merge, both, theirs, mine) {
  const before = after(m.nothingRead, both);
  const [base, own] = [theirs, mine].map((ops) => after(before, ops));
  const result = merge(both, theirs, mine);
  let now = base;
  for (const op of result.ops) {
    assert.equal(refusal(now, op), '', 'the service refuses an operation');
    now = after(now, [op]);
  }
  // nothing that the other page saved is lost; of verdicts the reader is asked
  for (const field of lostFields(before, base, now)) {
    const film = /^verdict (\d)$/.exec(field)?.[1];
    assert.ok(film && result.conflicts.includes(+film), `lost of the other page: ${field}`);
  }
  for (const field of lostFields(before, own, now))
    assert.ok(isTold(result, field, now), `lost of this page, and not told: ${field}`);
  checkProposals(before, base, own, now);
  // once more changes nothing, nor does a retry of what is saved
  const again = merge([...both, ...theirs], [], result.ops);
  assert.deepEqual(plain(after(base, again.ops)), plain(now));
  assert.deepEqual(again.differences, []);
  const saved = [...listed('both', both), ...listed('mine', mine)];
  const retried = m.mergedOrphans(own, saved.length, saved, left(mine, both.length));
  assert.deepEqual([retried.ops, retried.count], [[], 0]);
  return plain(now);
}

test('random sequences on two pages', () => {
  const random = randomNumbers(19);
  let merges = 0;
  for (let i = 0; i < 2000; i++) {
    const both = randomOps(random, m.nothingRead, 4);
    const before = after(m.nothingRead, both);
    const theirs = randomOps(random, before, 4);
    const mine = randomOps(random, before, 5);
    const [living, killed] = Object.values(pages).map((merge) => {
      try {
        return checkMerge(merge, both, theirs, mine);
      } catch (e) {
        const text = JSON.stringify({ both, theirs, mine, merged: merge(both, theirs, mine) });
        throw new Error(`sequence ${i}: ${e.message}\n${text}`);
      }
    });
    assert.deepEqual(living, killed);
    merges += theirs.length > 0 && mine.length > 0;
  }
  assert.ok(merges > 700, `${merges} of two pages that both changed something`);
});
