// reading_merge.mjs PAGES: two pages with one study, and what killed pages have left, in node.
// PAGES: the folder in which the build made the pages. Skipped, exit status 77, if it made none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readingModules } from './bundled.mjs';

const m = await readingModules(['record', 'merge', 'actions', 'recover']);

const someBox = (name, change = {}) => ({
  ...{ box: name, film: 1, label: 1, corners: [1, 2, 3, 4], attributes: [] },
  ...{ source: 'manual', source_id: null, ...change },
});
const withOps = (...ops) => m.allApplied(m.nothingRead, ops);

/** `both`: what both pages have. Then this page does `mine`, and before it is saved the other one
 * saves `theirs`. */
function mergedAfter(both, theirs, mine) {
  const before = m.allApplied(m.nothingRead, both);
  const base = m.allApplied(before, theirs);
  const { ops, conflicts } = m.merged({ before, base }, mine);
  return { ops, conflicts, after: m.allApplied(base, ops) };
}
const drawn = (label = 1) => m.drawBox(m.nothingRead, 1, label, [10, 20, 30, 40]);
const rejection = (...both) => m.rejectFilm(m.allApplied(m.nothingRead, both), 1, 'dark');

test('boxes of both pages stay', () => {
  const theirs = drawn();
  const { after, conflicts } = mergedAfter([], theirs, drawn(2));
  assert.deepEqual([...after.boxes.values()].map((b) => b.label), [1, 2]);
  assert.equal(m.filmOf(after, 1).verdict, 'abnormal');
  assert.deepEqual(conflicts, []);
});

// A page that is killed: `heard`: how many operations of the service it had seen.
const listed = (client, ops, from = 0) =>
  ops.map((op, i) => ({ rev: from + i + 1, client, seq: i + 1, at: 0, ...op }));
const left = (client, heard, ops) =>
  ops.map((op, i) => ({ client, seq: 100 + i, at: 0, rev: heard, op }));
function recovered(saved, ...orphans) {
  const now = m.allApplied(m.nothingRead, saved);
  const { ops, ...rest } = m.mergedOrphans(now, saved.length, saved, orphans.flat());
  return { ...rest, ops, after: m.allApplied(now, ops) };
}

test('what a killed page left does not overturn what others have said since', () => {
  for (const verdict of ['normal', 'rejected']) {
    const theirs = listed('b', [m.setVerdict(1, verdict, verdict === 'rejected' ? 'dark' : '')]);
    const { ops, conflicts, count, after } = recovered(theirs, left('a', 0, drawn()));
    assert.deepEqual([conflicts, count], [[1], 2]);
    assert.deepEqual(ops.map((o) => [o.kind, o.body.verdict]),
      [['verdict', ''], ['box_put', undefined]]);
    assert.deepEqual([...after.boxes.values()].map((b) => b.label), [1]);
    // the page had seen it
    const known = recovered(theirs, left('a', 1, [m.setVerdict(1, ''), ...drawn()]));
    assert.deepEqual([m.filmOf(known.after, 1).verdict, known.conflicts], ['abnormal', []]);
    // an earlier version of the page did not note what it had seen
    const unknown = left('a', 0, drawn()).map(({ rev: _, ...p }) => p);
    assert.deepEqual(recovered(theirs, unknown).conflicts, [1]);
  }
});

test('its own operations are none of others, and what is saved is not saved again', () => {
  const own = listed('a', [m.setVerdict(1, 'normal'), m.setVerdict(1, '')]);
  const mine = left('a', 0, drawn());
  const { after, conflicts } = recovered(own, mine);
  assert.deepEqual([m.filmOf(after, 1).verdict, conflicts], ['abnormal', []]);
  const twice = listed('a', drawn()).map((o) => ({ ...o, seq: o.seq + 99 }));
  assert.deepEqual(recovered(twice, mine).ops, []);
  // saved after this page had loaded the study: not again, either
  const late = m.mergedOrphans(m.nothingRead, 0, twice, mine);
  assert.deepEqual([late.ops, late.count], [[], 0]);
});

test('two pages were killed: they are merged with each other', () => {
  const normal = [m.setVerdict(1, 'normal')];
  const { after, conflicts } = recovered([], left('a', 0, drawn()), left('b', 0, normal));
  assert.deepEqual([m.filmOf(after, 1).verdict, after.boxes.size, conflicts], ['', 1, [1]]);
  const both = listed('c', [m.setVerdict(1, 'abnormal'), m.putBox(someBox('one'))]);
  const moved = [m.putBox(someBox('one', { corners: [5, 6, 7, 8] }))];
  const deleted = [m.deleteBox(someBox('one'))];
  assert.equal(recovered(both, left('a', 2, moved), left('b', 2, deleted)).after.boxes.size, 1);
});

test('of a box deleted here and one added there the reader is asked', () => {
  const both = [m.setVerdict(1, 'abnormal'), m.putBox(someBox('one'))];
  const reading = m.allApplied(m.nothingRead, both);
  const mine = m.removeBox(reading, someBox('one'));
  const theirs = [m.putBox(someBox('two', { label: 2 }))];
  const here = mergedAfter(both, theirs, mine);
  const there = mergedAfter(both, mine, theirs);
  for (const { after, conflicts } of [here, there, mergedAfter([...both, ...theirs], mine, [])]) {
    assert.deepEqual([...after.boxes.keys()], ['two']);
    assert.deepEqual([m.filmOf(after, 1).verdict, conflicts], ['', [1]]);
  }
  // known already, and a film without boxes
  assert.deepEqual(mergedAfter([...both, ...theirs, ...mine], [], []).conflicts, []);
  assert.deepEqual(mergedAfter(both, [], mine).conflicts, []);
});

test('a box that another page has taken is found', () => {
  const put = m.putBox(someBox('mine'));
  assert.equal(m.equalBox(withOps(m.putBox(someBox('theirs'))), put).box, 'theirs');
  assert.equal(m.equalBox(withOps(put), put), undefined);
});

test('what killed pages left is sent as they would have: by client, in batches', () => {
  const pending = (client, n) => left(client, 0, Array.from({ length: n }, () => ({})));
  const batches = m.batchesOf([...pending('a', 450), ...pending('b', 1), ...pending('a', 2)]);
  const shape = batches.map((b) => `${b[0].client}${b.length}`);
  assert.deepEqual(shape, ['a200', 'a200', 'a50', 'b1', 'a2']);
});

test('a box that another page changed is not deleted', () => {
  const moved = m.putBox(someBox('one', { corners: [5, 6, 7, 8] }));
  const deleted = [m.deleteBox(someBox('one'))];
  assert.deepEqual(mergedAfter([m.putBox(someBox('one'))], [moved], deleted).ops, []);
});

for (const verdict of ['normal', 'rejected'])
  test(`a first box and "${verdict}" leave the verdict open`, () => {
    const boxless = [m.setVerdict(1, verdict, verdict === 'rejected' ? 'dark' : '')];
    for (const mine of [drawn(), drawn().slice(1)]) {
      const box = mergedAfter([], boxless, mine);
      assert.deepEqual(box.conflicts, [1]);
      assert.deepEqual(box.ops.map((o) => o.kind), ['verdict', 'box_put']);
      assert.deepEqual(box.ops[0].body, { verdict: '', reason: '' });
    }
    const other = mergedAfter([], drawn(), boxless);
    assert.deepEqual(other.conflicts, [1]);
    assert.deepEqual(other.ops.map((o) => [o.kind, o.body.verdict]), [['verdict', '']]);
    const both = m.putBox(someBox('both'));
    const second = mergedAfter([m.setVerdict(1, 'abnormal'), both], rejection(both), [
      m.putBox(someBox('second', { label: 2 })),
    ]);
    assert.deepEqual([...second.after.boxes.keys()], ['second']);
    assert.deepEqual(second.conflicts, [1]);
  });

test('of two verdicts that differ none is kept, and of equal ones one', () => {
  const given = (verdict) => [m.setVerdict(1, verdict)];
  for (const [theirs, mine] of [['rejected', 'normal'], ['normal', 'rejected'],
    ['rejected', 'abnormal'], ['abnormal', 'normal']]) {
    const { after, conflicts } = mergedAfter([], given(theirs), given(mine));
    assert.deepEqual([m.filmOf(after, 1).verdict, conflicts], ['', [1]]);
  }
  const same = mergedAfter([], given('normal'), given('normal'));
  assert.deepEqual([m.filmOf(same.after, 1).verdict, same.conflicts], ['normal', []]);
  const opened = mergedAfter(given('normal'), given(''), given('rejected'));
  assert.deepEqual([m.filmOf(opened.after, 1).verdict, opened.conflicts], ['rejected', []]);
  const own = mergedAfter(given('rejected'), [], [m.setVerdict(1, ''), ...drawn()]);
  assert.deepEqual([m.filmOf(own.after, 1).verdict, own.conflicts], ['abnormal', []]);
});

test('what was undone again leaves the verdict of another page alone', () => {
  const mine = drawn();
  const undone = m.inverses(m.nothingRead, mine);
  const { ops, conflicts } = mergedAfter([], rejection(), [...mine, ...undone]);
  assert.deepEqual([ops, conflicts], [[], []]);
});

test('a rejection that is not kept deletes no boxes', () => {
  const both = [m.setVerdict(1, 'abnormal'), m.putBox(someBox('one')),
    m.putBox(someBox('two', { label: 2 }))];
  const added = m.putBox(someBox('three', { label: 3 }));
  const { after, conflicts } = mergedAfter(both, [added], rejection(...both));
  assert.deepEqual([...after.boxes.keys()], ['one', 'two', 'three']);
  assert.deepEqual([m.filmOf(after, 1).verdict, conflicts], ['', [1]]);
  const other = [m.setVerdict(2, 'abnormal'), m.putBox(someBox('other', { film: 2 }))];
  const kept = mergedAfter(both, other, rejection(...both));
  assert.deepEqual([...kept.after.boxes.keys()], ['other']);
  assert.deepEqual([m.filmOf(kept.after, 1).verdict, kept.conflicts], ['rejected', []]);
});

test('of two equal boxes one is kept', () => {
  const base = withOps(m.putBox(someBox('theirs')));
  const equal = { ...someBox('mine'), corners: someBox('mine').corners.map((v) => v + 1e-5) };
  assert.deepEqual(mergedAfter([], [m.putBox(someBox('theirs'))], [m.putBox(equal)]).ops, []);
  assert.equal(m.withoutEqual(base, [m.putBox(equal)]), 'equalBox');
  const other = [m.putBox({ ...equal, label: 2 })];
  assert.equal(m.withoutEqual(base, other), other);
  const instead = [m.deleteBox(someBox('theirs')), m.putBox(equal)];
  assert.equal(m.withoutEqual(base, instead), instead);
});

// ---- one page of a browser recovers at a time ----

/** The locks of a browser, of one page after the other. */
function fakeLocks() {
  let held = Promise.resolve();
  const request = (_, { signal }, work) => {
    const before = held;
    const asked = new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      void before.then(() => signal.aborted || resolve(work()));
    });
    held = asked.catch(() => undefined);
    return asked;
  };
  Object.defineProperty(globalThis, 'navigator', { value: { locks: { request } },
    configurable: true });
}

test('two pages that are loaded at once recover one after the other', async () => {
  fakeLocks();
  const steps = [];
  const page = (name) => m.recoveringAlone(1, async (may) => {
    steps.push(`${name} ${may}`);
    await new Promise((done) => setTimeout(done, 5));
    steps.push(`${name} done`);
  });
  await Promise.all([page('a'), page('b')]);
  assert.deepEqual(steps, ['a true', 'a done', 'b true', 'b done']);
  await assert.rejects(m.recoveringAlone(1, async () => Promise.reject(new Error('failed'))),
    /failed/);
  await page('c');
  assert.equal(steps.length, 6);
});

test('a page that recovers for too long holds up no other one', async () => {
  fakeLocks();
  const { setTimeout: wait } = globalThis;
  globalThis.setTimeout = (f) => wait(f, 1);
  let end;
  const first = m.recoveringAlone(1, () => new Promise((done) => (end = done)));
  let may;
  await m.recoveringAlone(1, async (x) => (may = x));
  globalThis.setTimeout = wait;
  assert.equal(may, false);
  end();
  await first;
  await m.recoveringAlone(1, async (x) => (may = x));
  assert.equal(may, true);
});
