// reading_keeping.mjs PAGES: where changes are that the service does not have, and that the page
// says so, in node. PAGES: the folder in which the build made the pages. Skipped, exit status 77,
// if it made none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readingModules } from './bundled.mjs';
import { fakeDatabases } from './fake_databases.mjs';

const m = await readingModules(['record', 'op_queue', 'status_line', 'kept_work', 'recover']);

const OPS = 'spinexr-reading';
const TASK = 7;
const browser = fakeDatabases();

// a browser in which no page is open but this one, and all locks are free
let openPages = [];
Object.defineProperty(globalThis, 'navigator', {
  value: {
    locks: {
      request: (_, options, work) => work({}),
      query: async () => ({ held: openPages.map((c) => ({ name: `spinexr-reading-${c}` })) }),
    },
  },
  configurable: true,
});

const away = () => Promise.reject(new TypeError('no network'));
const answering = (status, body) => async () => new Response(body, { status });
const saving = (posted) => async (path, init) => {
  if (init.method === 'GET') return Response.json({ rev: 0, ops: [] });
  posted.push(...JSON.parse(init.body).ops);
  return Response.json({ rev: posted.length });
};

const boxPut = (box) => m.putBox({
  ...{ box, film: 1, label: 1, corners: [0, 0, 9, 9], attributes: [] },
  ...{ source: 'manual', source_id: null },
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(what, condition) {
  for (let i = 0; i < 2000 && !condition(); i++) await pause(10);
  assert.ok(condition(), what);
}

let queue;
function newQueue() {
  queue = new m.OpQueue('rita', TASK, 0, {
    changed: () => undefined,
    saved: () => undefined,
    merge: (_, pending) => ({ ops: pending, kept: Promise.resolve() }),
    hasBox: () => false,
  });
  return queue;
}

const boxesOnDisk = () => [...browser.rows.values()].map((row) => row.op.box).sort();
const says = () => m.savedText(queue.state);

test.beforeEach(() => {
  globalThis.fetch = away;
  openPages = [];
});

test.afterEach(async () => {
  browser.answer();
  Object.assign(browser, { fails: false, failsFor: '', slow: '' });
  queue?.stop();
  queue = undefined;
  await pause(30);
  browser.clear();
});

const AWAY = 'the service cannot be reached';
const KEPT = `1 unsaved: ${AWAY}. Kept on this computer.`;
const NOT_KEPT =
  `1 unsaved: ${AWAY}, and this browser cannot keep it. Leave this page open.`;

test('nothing is called kept while it is being written', async () => {
  newQueue();
  await queue.written();
  browser.slow = OPS;
  const kept = queue.add([boxPut('a')]);
  assert.deepEqual([queue.state.kept, queue.unkept], [null, 1]);
  await kept;
  assert.deepEqual([queue.state.kept, queue.unkept], [true, 0]);
  await until('it could not be sent', () => says() === KEPT);
});

test('what the page says while it is written, and of a browser that keeps nothing', () => {
  const state = { unsaved: 1, problem: 'network', refused: false, kept: null };
  assert.equal(m.savedText(state), `1 unsaved: ${AWAY}.`);
  const saved = { ...state, unsaved: 0, problem: '' };
  assert.equal(m.savedText({ ...saved, kept: true }), 'All saved');
  assert.equal(m.savedText(saved), 'All saved');
  assert.match(m.savedText({ ...saved, kept: false }), /^All saved\. .*keeps no changes/);
});

test('cleared data are written again at once', async () => {
  newQueue();
  await queue.add([boxPut('a')]);
  await until('kept', () => says() === KEPT);
  browser.clear();
  assert.equal(says(), NOT_KEPT);
  assert.equal(queue.unkept, 1);
  await queue.written();
  assert.equal(says(), KEPT);
  assert.deepEqual(boxesOnDisk(), ['a']);
});

test('what cannot be written again is not called kept', async () => {
  newQueue();
  await queue.add([boxPut('a')]);
  browser.failsFor = OPS;
  browser.clear();
  await until('it could not be sent', () => queue.state.problem === 'network');
  await queue.written();
  assert.equal(says(), NOT_KEPT);
});

test('data that went unnoticed are written again when sending fails', async () => {
  newQueue();
  await queue.add([boxPut('a')]);
  browser.rows.clear();
  await until('written again', () => browser.rows.size === 1);
});

test('another page can delete the database, and what it kept is written again', async () => {
  newQueue();
  await queue.add([boxPut('a')]);
  const opens = browser.opens;
  assert.ok(browser.versionChange(), 'a connection was not closed');
  browser.rows.clear();
  await until('written again', () => browser.rows.size === 1);
  assert.equal(browser.opens, opens + 1);
});

test('a database that does not answer keeps nothing, and holds up nothing for long', async () => {
  browser.clear();
  browser.versionChange();
  browser.hangs = true;
  const posted = [];
  globalThis.fetch = saving(posted);
  newQueue();
  const start = Date.now();
  void queue.add([boxPut('a')]);
  await queue.settled();
  assert.ok(Date.now() - start < 6000, `${Date.now() - start} ms`); // it waits for 3 s, once
  assert.match(says(), /^All saved\. .*keeps no changes/);
  void queue.add([boxPut('b')]);
  const again = Date.now();
  await queue.settled();
  assert.ok(Date.now() - again < 3000, `the second took ${Date.now() - again} ms`);
  assert.deepEqual(posted.map((op) => op.box), ['a', 'b']);
  // it answers after all
  globalThis.fetch = away;
  void queue.add([boxPut('c')]);
  await until('not kept', () => says() === NOT_KEPT);
  browser.answer();
  await until('kept', () => says() === KEPT);
  assert.deepEqual(boxesOnDisk(), ['c']);
});

test('an answer that is no "saved" is told as it is', async () => {
  for (const [status, body, said] of [
    [429, '{"error": "too many"}', '429 too many'],
    [500, '{"error": "boom"}', '500 boom'],
    [507, '<html>', '507'],
  ]) {
    globalThis.fetch = answering(status, body);
    newQueue();
    await queue.add([boxPut('a')]);
    const text = `1 unsaved: the service cannot save now (${said}). Kept on this computer.`;
    await until(`${says()} is not ${text}`, () => says() === text);
    queue.stop();
  }
});

test('while no answer comes, as without a session, it is told where changes are', async () => {
  globalThis.fetch = () => new Promise(() => undefined);
  newQueue();
  await queue.add([boxPut('a')]);
  assert.equal(says(), '1 unsaved');
  await until(says(), () => says() === '1 unsaved. Kept on this computer.');
  browser.failsFor = OPS;
  await queue.add([boxPut('b')]);
  assert.equal(says(), '2 unsaved: this browser cannot keep them. Leave this page open.');
});

test('rows that could not be deleted are deleted with what comes next', async () => {
  const posted = [];
  newQueue();
  await queue.add([boxPut('a')]);
  await until('kept', () => says() === KEPT);
  globalThis.fetch = saving(posted);
  browser.failsFor = OPS;
  await queue.settled();
  await queue.written();
  browser.failsFor = '';
  assert.deepEqual(boxesOnDisk(), ['a']);
  void queue.add([boxPut('b')]);
  await queue.settled();
  await queue.written();
  assert.deepEqual(boxesOnDisk(), []);
});

test('a study that is closed sends no more, and keeps what it has', async () => {
  let fail;
  globalThis.fetch = () => new Promise((_, reject) => (fail = reject));
  newQueue();
  await queue.add([boxPut('a')]);
  await until('it is being sent', () => fail !== undefined);
  queue.stop();
  const posted = [];
  globalThis.fetch = saving(posted);
  fail(new TypeError('no network'));
  await pause(700);
  assert.deepEqual([posted, boxesOnDisk()], [[], ['a']]);
});

// ---- changes of studies that are not open ----

const row = (task, seq, extra = {}) => ({
  ...{ login: 'rita', task, client: `gone-${task}`, seq, at: 1000 + seq, rev: 0 },
  ...{ op: boxPut(`${task}-${seq}`), ...extra },
});

/** A page on which no study is open. */
async function withSender(rows, check) {
  newQueue(); // opens the database
  await queue.written();
  queue.stop();
  for (const r of rows) browser.rows.set(`${OPS} ${r.client} ${r.seq}`, r);
  const sender = new m.KeptSender('rita', () => undefined);
  try {
    await check(sender);
  } finally {
    sender.stop();
  }
}

const keptOf = (sender) => [...sender.kept].map(([task, k]) => `${task} ${k.count} ${k.state}`);

test('kept changes are shown, and sent without their study being opened', async () => {
  const [posted, other] = [[], row(9, 1, { login: 'sam', client: 'gone-sam' })];
  await withSender([row(1, 1), row(1, 2), row(2, 1), other], async (sender) => {
    await until('shown', () => keptOf(sender).join() === '1 2 waits,2 1 waits');
    globalThis.fetch = saving(posted);
    await sender.look();
    await until('sent', () => keptOf(sender).length === 0);
    assert.deepEqual(posted.map((op) => op.box).sort(), ['1-1', '1-2', '2-1']);
    assert.equal(sender.saved, 3);
    assert.deepEqual([...browser.rows.values()], [other]);
  });
});

test('what an open page sends is left to it', async () => {
  const posted = [];
  globalThis.fetch = saving(posted);
  openPages = ['gone-1'];
  await withSender([row(1, 1), row(1, 2, { at: Date.now() })], async (sender) => {
    await until('shown', () => keptOf(sender).join() === '1 1 waits');
    assert.deepEqual(posted, []);
  });
});

test('the study that is open on the page recovers what it has by itself', async () => {
  const posted = [];
  globalThis.fetch = saving(posted);
  const close = m.openTask(1);
  await withSender([row(1, 1), row(2, 1)], async (sender) => {
    await until('sent', () => posted.length === 1);
    await until('shown', () => keptOf(sender).join() === '1 1 waits');
    close();
    await until('sent, too', () => posted.length === 2);
  });
});

test('what was contradicted or is not taken stays, and is not asked for again', async () => {
  let asked = 0;
  globalThis.fetch = async (path, init) => {
    asked++;
    if (path.includes('/2/')) return Response.json({ error: 'no such task' }, { status: 404 });
    if (init.method === 'GET') return Response.json({ rev: 0, ops: [] });
    return Response.json({ rev: 5, ops: [] }, { status: 409 });
  };
  await withSender([row(1, 1), row(2, 1)], async (sender) => {
    await until('shown', () => keptOf(sender).join() === '1 1 asks,2 1 lost');
    const before = asked;
    await sender.look();
    assert.equal(asked, before);
    assert.equal(browser.rows.size, 2);
    await sender.giveUp([2]);
    assert.deepEqual(keptOf(sender), ['1 1 asks']);
    assert.equal(browser.rows.size, 1);
  });
});

test('a service that is busy is asked again', async () => {
  const posted = [];
  let refusals = 0;
  globalThis.fetch = async (path, init) => {
    if (init.method === 'GET') return Response.json({ rev: 0, ops: [] });
    refusals++;
    return Response.json({ error: 'too many' }, { status: 429 });
  };
  await withSender([row(1, 1)], async (sender) => {
    await until('refused', () => refusals === 1);
    await pause(100);
    assert.deepEqual(keptOf(sender), ['1 1 waits']);
    globalThis.fetch = saving(posted);
    void sender.look();
    await until('sent', () => posted.length === 1);
  });
});
