// reading_kills.mjs SPINEXR WEIGHTS KILLS: kills the process of a reader's page (SIGKILL) KILLS
// times, at random moments, while it loads a study, takes over what the last page left, and while
// boxes are drawn and undone. The next page opens the same study. Whatever a killed page had begun
// to send is on the service once: nothing that was acknowledged is lost, nothing is there twice.
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
const LOADING = 0.25; // of the kills: while the study is loaded
const LONGEST = 1500; // ms until a page is killed, or until it is while boxes are drawn
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

/** Notes the operations of every request of the pages of a context, until stop() is called. */
function watchRequests(context) {
  const seen = { sent: new Set(), acknowledged: new Set() };
  const opsOf = (request) => {
    if (request.method() !== 'POST' || !request.url().endsWith('/ops')) return [];
    return request.postDataJSON().ops.filter(isOfBox).map(keyOf);
  };
  const sent = (r) => opsOf(r).forEach((key) => seen.sent.add(key));
  const answered = (r) => {
    if (r.status() === 200) opsOf(r.request()).forEach((key) => seen.acknowledged.add(key));
  };
  context.on('request', sent).on('response', answered);
  seen.stop = () => context.off('request', sent).off('response', answered);
  return seen;
}

async function compare(page, task, seen, when) {
  const answer = await page.request.get(`/api/reading/tasks/${task}/ops?after=0`);
  const { ops } = await answer.json();
  const keys = ops.filter(isOfBox).map(keyOf);
  const saved = new Set(keys);
  for (const key of seen.acknowledged) check(saved.has(key), `${when}: ${key} was lost`);
  for (const key of seen.sent) check(saved.has(key), `${when}: ${key} was sent and is not there`);
  check(keys.length === saved.size, `${when}: ${keys.length - saved.size} operations are twice`);
  const put = keys.filter((key) => key.startsWith('box_put')).length;
  const { boxes } = await taskOf(page, task);
  const shown = await page.locator('.reading-box[data-box]').count();
  check(boxes.length === put - (keys.length - put), `${when}: ${boxes.length} boxes of ${put}`);
  check(shown === boxes.length, `${when}: the page shows ${shown} boxes of ${boxes.length}`);
}

// ---- a page that is killed ----

/** The processes of this browser's pages. */
async function pageProcesses(cdp) {
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  return processInfo.filter((p) => p.type === 'renderer').map((p) => p.id);
}

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

async function killOnce(context, cdp, task) {
  const page = await context.newPage();
  const crashed = page.waitForEvent('crash', { timeout: 60000 }).then(
    () => true,
    () => false,
  );
  let onReady;
  const ready = new Promise((resolve) => (onReady = resolve));
  const working = work(page, task, onReady).catch((why) => why); // it ends with the page
  // a process that was killed before may have been meant for this page
  if (random() >= LOADING) await Promise.race([ready, working]);
  await sleep(LONGEST * random());
  for (const pid of await pageProcesses(cdp)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (why) {
      if (why.code !== 'ESRCH') throw why; // it has ended by itself
    }
  }
  const died = await crashed;
  await page.close(); // calls that wait for the killed page end
  const why = await working;
  check(died || /crash|closed/i.test(`${why}`), `the page did not die: ${why}`);
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
  const cdp = await browser.newBrowserCDPSession();
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
  let [projects, boxes, acknowledged] = [0, 0, 0];
  for (let done = 0; done < kills; ) {
    if (tasks.length === 0) tasks = await newTasks(service, context, ++projects);
    const task = tasks.pop();
    const seen = watchRequests(context);
    for (let i = 0; i < PER_TASK && done < kills; i++, done++) {
      await killOnce(context, cdp, task);
      if (random() < 0.3) await settle(context, task, seen, `after kill ${done + 1}`);
    }
    await settle(context, task, seen, `in the end, after kill ${done}`);
    seen.stop();
    boxes += [...seen.sent].filter((key) => key.startsWith('box_put')).length;
    acknowledged += seen.acknowledged.size;
  }
  await browser.close();
  await service.stop();
  check(boxes > kills / 2, `only ${boxes} boxes were sent`);
  console.log(`${kills} kills, ${boxes} boxes sent, ${acknowledged} operations acknowledged`);
});
