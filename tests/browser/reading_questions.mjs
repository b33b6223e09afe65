// reading_questions.mjs PAGES: what a page asks its reader, since two pages have contradicted each
// other, and how the browser keeps it, in node. PAGES: the folder in which the build made them.
// Skipped, exit status 77, if it made none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readingModules } from './bundled.mjs';
import { fakeDatabases } from './fake_databases.mjs';

const m = await readingModules(['record', 'session', 'disagreements', 'actions']);

// a browser without locks
Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });

const OPS = 'spinexr-reading';
const QUESTIONS = 'spinexr-reading-disagreements';
const TASK = 7;

const taskWith = (verdict) => ({
  ...{ task: TASK, rev: 0, boxes: [], choices: [], tags: [], confidence: null },
  films: [{ film: 1, verdict, reason: '', tags: [], committed: null }],
});
const readingWith = (verdict) => m.readingOf(taskWith(verdict));
const asked = { ops: [], conflicts: [1], differences: [] };

// the service cannot be reached: what a page does is kept in the browser alone
globalThis.fetch = () => Promise.reject(new TypeError('no network'));

const browser = fakeDatabases();
// what is open keeps node from ending
const pages = [];
test.afterEach(() => pages.splice(0).forEach((page) => page.close()));

function newPage() {
  const page = new m.ReadingSession('rita', taskWith(''), () => undefined);
  pages.push(page);
  return page;
}

test.beforeEach(() => {
  browser.rows.clear();
  Object.assign(browser, { failsFor: '', slow: '' });
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(what, condition) {
  for (let i = 0; i < 500 && !condition(); i++) await pause(10);
  assert.ok(condition(), what);
}

async function questionOf(login) {
  const questions = new m.Disagreements(login, TASK);
  await questions.update(readingWith(''), asked);
}

async function askedOf(login, verdict = '', maySettle = true) {
  const questions = new m.Disagreements(login, TASK);
  await questions.load(readingWith(verdict), maySettle);
  return questions.conflicts;
}

test('a question is kept until its answer is', async () => {
  await questionOf('rita');
  const page = newPage();
  await page.recover(true);
  assert.deepEqual(page.disagreements.conflicts, [1]);
  browser.log.length = 0;
  browser.slow = OPS;
  page.act(m.abnormal(1));
  assert.deepEqual(page.disagreements.conflicts, []);
  await until('the question goes', () => browser.log.includes(`- ${QUESTIONS}`));
  assert.deepEqual(browser.log, [`+ ${OPS}`, `- ${QUESTIONS}`]);
});

test('a question whose answer the browser does not keep is asked by the next page', async () => {
  await questionOf('rita');
  const page = newPage();
  await page.recover(true);
  browser.failsFor = OPS;
  page.act(m.abnormal(1));
  await page.written();
  await pause(50);
  assert.deepEqual(await askedOf('rita'), [1]);
  // the answer had reached the service
  assert.deepEqual(await askedOf('rita', 'abnormal'), []);
  assert.deepEqual(await askedOf('rita'), []);
});

test('a page that must not recover asks what is kept, and drops nothing', async () => {
  await questionOf('rita');
  const page = newPage();
  assert.equal(await page.recover(false), 0);
  assert.deepEqual(page.disagreements.conflicts, [1]);
  // the page that recovers has not sent yet that the verdict is open
  assert.deepEqual(await askedOf('rita', 'normal', false), []);
  assert.deepEqual(await askedOf('rita'), [1]);
});

test('a question is one of its reader', async () => {
  await questionOf('rita');
  assert.deepEqual(await askedOf('sam'), []);
  assert.deepEqual(await askedOf('sam', 'normal'), []);
  assert.deepEqual(await askedOf('rita'), [1]);
});
