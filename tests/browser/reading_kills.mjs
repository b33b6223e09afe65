// reading_kills.mjs SPINEXR WEIGHTS KILLS: crashes the process of a reader's page KILLS times, at
// random moments, while it loads a study, takes over what the last page left, and while boxes are
// drawn and undone. For half of the pages the service is away: their requests do not reach it, or
// its answers do not reach them, and the reader goes on. What these pages have drawn is only in the
// browser when they die. The next page opens the same study. Whatever a killed page had begun to
// send is on the service once: nothing is lost, nothing is there twice. Of a box that was drawn and
// undone before the service had either, nothing is left to do where the changes had to be merged.
import { setTimeout as sleep } from 'node:timers/promises';
import { check, leaveOut, main } from '../peers/peers.mjs';
import { openPage, startBrowser } from './browser_page.mjs';
import { startService } from './page_service.mjs';
import {
  addProject,
  allSaved,
  dragBetween,
  drawSpines,
  placeOfFilm,
  signInAs,
  taskOf,
  tasksOf,
} from './reading_service.mjs';

const [program, weights, killText] = process.argv.slice(2);
const kills = Number(killText);
const PER_TASK = 25; // kills; then a study without boxes is taken
// what happens when a page is killed, in turn
const MOMENTS = ['working', 'unreachable', 'loading', 'unanswered'];
const LONGEST = 1500; // ms from the start of that until the page is killed
const DYING = 60_000; // ms that a page may take to die
const CLOSING = 20_000; // ms that a dead page may take to close
const SEED = 20261129;

/** Numbers from 0 to 1, the same in every run; the moments themselves are not repeatable. */
function randomNumbers(seed) {
  let s = seed;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

const random = randomNumbers(SEED);

// ---- what pages have begun to send, and what the service has ----

// Each box is drawn once and deleted at most once, so that an operation on a box has one key.
const keyOf = (op) => `${op.kind} ${op.box}`;
const isOfBox = (op) => op.kind.startsWith('box_');

const opsOf = (request) => {
  if (request.method() !== 'POST' || !request.url().endsWith('/ops')) return [];
  return request.postDataJSON().ops.filter(isOfBox).map(keyOf);
};

/** Notes the operations of every request of the pages of a context, until stop() is called. */
function watchRequests(context) {
  const seen = { sent: new Set(), acknowledged: new Set() };
  const sent = (r) => opsOf(r).forEach((key) => seen.sent.add(key));
  const answered = (r) => {
    if (r.status() === 200) opsOf(r.request()).forEach((key) => seen.acknowledged.add(key));
  };
  context.on('request', sent).on('response', answered);
  seen.stop = () => context.off('request', sent).off('response', answered);
  return seen;
}

/**
 * The service is away for a page: requests do not reach it ("unreachable"), or its answers do not
 * reach the page ("unanswered"). failed: resolves when something could not be saved. end():
 * resolves when no request is under way, with how many operations the service cannot have from this
 * page.
 */
async function goAway(page, how) {
  let onFailure;
  const failed = new Promise((resolve) => (onFailure = resolve));
  const unsent = new Set();
  const underWay = [];
  await page.route('**/ops', async (route) => {
    const ops = opsOf(route.request());
    if (how === 'unanswered') {
      const received = route.fetch().catch(() => undefined); // fails if the page is killed
      underWay.push(received);
      await received;
    } else ops.forEach((key) => unsent.add(key));
    await route.abort('connectionrefused').catch(() => undefined);
    onFailure();
  });
  const end = () => Promise.all(underWay).then(() => unsent.size);
  return { failed, end };
}

/** The box was drawn and deleted, and the service has neither. */
function cameToNothing(key, sent, saved) {
  const box = key.split(' ')[1];
  const both = [`box_put ${box}`, `box_delete ${box}`];
  return both.every((k) => sent.has(k) && !saved.has(k));
}

async function compare(page, task, seen, when) {
  const answer = await page.request.get(`/api/reading/tasks/${task}/ops?after=0`);
  const { ops } = await answer.json();
  const keys = ops.filter(isOfBox).map(keyOf);
  const saved = new Set(keys);
  for (const key of seen.acknowledged) check(saved.has(key), `${when}: ${key} was lost`);
  for (const key of seen.sent)
    check(saved.has(key) || cameToNothing(key, seen.sent, saved), `${when}: ${key} is not there`);
  check(keys.length === saved.size, `${when}: ${keys.length - saved.size} operations are twice`);
  const put = keys.filter((key) => key.startsWith('box_put')).length;
  const { boxes } = await taskOf(page, task);
  const shown = await page.locator('.reading-box[data-box]').count();
  check(boxes.length === put - (keys.length - put), `${when}: ${boxes.length} boxes of ${put}`);
  check(shown === boxes.length, `${when}: the page shows ${shown} boxes of ${boxes.length}`);
}

// ---- a page that is killed ----

async function open(page, task) {
  await page.goto(`/#/reading/${task}`);
  const frame = `.reading[data-task="${task}"] .reading-frame[data-painter]`;
  await page.locator(frame).first().waitFor();
  // one film, so that the page shows all boxes of the study
  if ((await page.locator('.reading-films > figure').count()) > 1) await page.keyboard.press('s');
}

/** Draws boxes, and undoes some of them, until the page is gone. */
async function work(page, task, onReady) {
  await open(page, task);
  onReady();
  for (;;) {
    const { toPage } = await placeOfFilm(page);
    const [x, y] = [40 + 200 * random(), 60 + 400 * random()];
    await page.keyboard.press('Escape');
    await dragBetween(page, toPage(x, y), toPage(x + 30, y + 40));
    if (random() < 0.4) await page.keyboard.press('Control+z');
  }
}

/** How many operations were only in the browser when its page was killed. */
async function killOnce(context, task, moment) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const crashed = new Promise((resolve) => page.once('crash', () => resolve(true)));
  const away = moment.startsWith('un') ? await goAway(page, moment) : null;
  let onReady;
  const ready = new Promise((resolve) => (onReady = resolve));
  const working = work(page, task, onReady).catch((why) => why); // it ends with the page
  if (moment !== 'loading') await Promise.race([away ? away.failed : ready, working]);
  await sleep(LONGEST * random());
  session.send('Page.crash').catch(() => undefined); // it has no answer
  const died = await Promise.race([crashed, sleep(DYING).then(() => false)]);
  // Calls that wait for the killed page end with it. Chromium may never say that a page is closed
  // whose process was killed early.
  await Promise.race([page.close(), sleep(CLOSING)]);
  const why = await Promise.race([working, sleep(CLOSING)]);
  check(died || /crash|closed/i.test(`${why}`), `the page did not die: ${why}`);
  check(!/Timeout/.test(`${why}`), `${moment}: the page did not get as far: ${why}`);
  return away ? away.end() : 0;
}

/** A page that is not killed, and takes over what is left. */
async function settle(context, task, seen, when) {
  const page = await context.newPage();
  await open(page, task);
  await allSaved(page);
  await compare(page, task, seen, when);
  await page.close();
}

// ---- studies ----

async function newTasks(service, context, number) {
  addProject(program, service, ['rita'], `kills-${number}`, service.spines);
  return (await tasksOf(context, `kills-${number}`)).map((t) => t.task);
}

await main(async () => {
  if (!(kills > 0)) throw new Error('reading_kills.mjs SPINEXR WEIGHTS KILLS');
  const browser = await startBrowser(false);
  const service = await startService(program, weights, { port: 9 }); // nothing is delivered
  const front = await fetch(service.url);
  if (!/id="app"/.test(await front.text())) leaveOut('this program was built without its pages');
  service.spines = drawSpines(program);
  const first = await openPage(browser, service.url, { width: 1000, height: 700 });
  await first.goto('/');
  await signInAs(first, 'rita');
  await first.getByRole('heading', { name: 'Reading' }).waitFor();
  const context = first.context();
  await first.close();
  let tasks = [];
  let [projects, boxes, acknowledged, kept] = [0, 0, 0, 0];
  // on a busy machine a page may be killed before it has done anything
  const seldom = () => boxes <= kills / 2 || kept < Math.floor(kills / 8);
  let done = 0;
  while (done < kills || (seldom() && done < 3 * kills)) {
    const until = done < kills ? kills : done + PER_TASK;
    if (tasks.length === 0) tasks = await newTasks(service, context, ++projects);
    const task = tasks.pop();
    const seen = watchRequests(context);
    for (let i = 0; i < PER_TASK && done < until; i++, done++) {
      kept += await killOnce(context, task, MOMENTS[done % MOMENTS.length]);
      if (random() < 0.3) await settle(context, task, seen, `after kill ${done + 1}`);
    }
    await settle(context, task, seen, `in the end, after kill ${done}`);
    seen.stop();
    if (projects % 5 === 0 && tasks.length === 0) console.log(`${done} kills so far`);
    boxes += [...seen.sent].filter((key) => key.startsWith('box_put')).length;
    acknowledged += seen.acknowledged.size;
  }
  await browser.close();
  await service.stop();
  check(boxes > kills / 2, `only ${boxes} boxes were sent`);
  check(kept >= Math.floor(kills / 8), `only ${kept} operations were in the browser alone`);
  console.log(`${done} kills, ${boxes} boxes sent, ${acknowledged} operations acknowledged`);
  console.log(`${kept} operations in the browser alone when its page was killed`);
});
