// reading_changes.mjs SPINEXR [PICTURES]: what happens to a study while its page is open, and what
// the page says of it: films that come, a study that is returned, a service that cannot be reached
// when the study is to be completed or an adjudicator decides; and the line at the bottom, which
// has its place whatever it says. PICTURES: a folder for pictures, for a person to look at.
import fs from 'node:fs';
import path from 'node:path';
import { check, inFolder, leaveOut, main, until } from '../peers/peers.mjs';
import { openPage, startBrowser } from './browser_page.mjs';
import { PASSWORD, startService } from './page_service.mjs';
import {
  addProject,
  allSaved,
  drawBox,
  drawSpines,
  filmsLoaded,
  oneFilm,
  openStudy,
  runProgram,
  signInAs,
  taskOf,
  tasksOf,
} from './reading_service.mjs';

const [program, pictures] = process.argv.slice(2);

async function look(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

async function signedIn(browser, service, login, options = {}) {
  const page = await openPage(browser, service.url, { width: 1100, height: 700, ...options });
  if (options.script) await page.context().addInitScript(options.script);
  await page.goto('/');
  await signInAs(page, login);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

/** The data set with the first film of each study alone. */
function withoutSecondFilms(set) {
  const out = inFolder('first-films');
  fs.cpSync(set, out, { recursive: true });
  const kept = new Map();
  for (const table of ['train_meta.csv', 'annotations/train.csv']) {
    const file = path.join(out, table);
    const [head, ...rows] = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    const names = head.split(',');
    const [study, image] = ['study_id', 'image_id'].map((name) => names.indexOf(name));
    const isKept = (row) => {
      const cells = row.split(',');
      if (!kept.has(cells[study])) kept.set(cells[study], cells[image]);
      return kept.get(cells[study]) === cells[image];
    };
    fs.writeFileSync(file, `${[head, ...rows.filter(isKept)].join('\n')}\n`);
  }
  const films = path.join(out, 'train_images');
  const images = new Set(kept.values());
  for (const name of fs.readdirSync(films))
    if (!images.has(path.parse(name).name)) fs.unlinkSync(path.join(films, name));
  return out;
}

/** The page looks at its study, as it does every minute. */
const lookAgain = (page) =>
  page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

const filmCame = (page) => page.getByText(/^A film has come to this study since you opened it: /);
const stripLength = (page, n) =>
  page.waitForFunction((m) => document.querySelectorAll('.strip li').length === m, n);

// ---- films that come, and a study that is returned ----

/** A reader is told of a film when it comes, or when the study would be complete without it. */
async function checkLateFilms(browser, service) {
  const first = await signedIn(browser, service, 'gus');
  const [told, completed, closed] = (await tasksOf(first, 'late')).map((t) => t.task);
  await openStudy(first, closed);
  await first.keyboard.press('n');
  await first.keyboard.press('Enter');
  await until('the study is complete', 30, async () =>
    (await taskOf(first, closed)).state === 'done');
  await first.locator(`.reading:not([data-task="${closed}"])`).waitFor(); // the page went on
  await openStudy(first, closed);
  await first.getByText('This study is complete.').waitFor();
  const context = first.context();
  const second = await context.newPage();
  const third = await context.newPage();
  await openStudy(second, told);
  await openStudy(third, completed);
  await third.keyboard.press('n');
  await allSaved(third);
  runProgram(program, ['reading', 'import', 'late', service.spines, '--data', service.data]);
  await lookAgain(second);
  await filmCame(second).waitFor();
  await look(second, 'late-film');
  check((await second.locator('.strip li').count()) === 1, 'the film is shown unasked');
  await second.getByRole('button', { name: 'Load the study again' }).click();
  await stripLength(second, 2);
  await third.keyboard.press('Enter');
  await stripLength(third, 2);
  await filmCame(third).waitFor();
  await look(third, 'late-film-complete');
  check((await taskOf(third, completed)).state !== 'done', 'a film without a verdict is complete');
  await lookAgain(first);
  await first.getByText(/^This study is not complete any more\. A film has come/).waitFor();
  await stripLength(first, 2);
  await first.getByRole('button', { name: 'Complete, next study' }).waitFor();
  check((await first.getByText('This study is complete.').count()) === 0, 'it is still complete');
  await look(first, 'returned');
  await context.close();
}

// ---- a service that cannot be reached ----

/** What Enter waits for is on the page. */
async function checkCompleting(browser, service) {
  const page = await signedIn(browser, service, 'tom');
  const { task } = (await tasksOf(page, 'waits'))[0];
  await openStudy(page, task);
  await page.route('**/ops', (route) => route.abort('connectionrefused'));
  for (const key of ['n', 'PageDown', 'n', 'Enter']) await page.keyboard.press(key);
  await page.getByText('The study is completed as soon as all is saved.').waitFor();
  await look(page, 'completing');
  await page.unroute('**/ops');
  await page.getByRole('button', { name: 'Try again' }).click().catch(() => undefined);
  await until('the study is complete', 60, async () => (await taskOf(page, task)).state === 'done');
  await page.context().close();
}

async function startAdjudication(browser, service) {
  const data = ['--data', service.data];
  runProgram(program, ['reading', 'init', 'both', '--readers', '2', '--order', 'given', ...data]);
  runProgram(program, ['reading', 'import', 'both', service.spines, ...data]);
  for (const reader of ['sam', 'tom'])
    runProgram(program, ['reading', 'import', 'both', service.spines, '--as', reader, ...data]);
  const max = await signedIn(browser, service, 'max');
  const { csrf } = await (await max.request.get('/api/session')).json();
  const headers = { 'X-CSRF': csrf, Origin: service.url };
  const call = async (what, body) => {
    const to = `/api/reading/projects/both/${what}`;
    const answer = await max.request.post(to, { headers, data: body });
    check(answer.ok(), `${what}: ${answer.status()} ${await answer.text()}`);
  };
  await call('lock', { round: 1 });
  await call('adjudication', { adjudicators: ['jo'], round: 1 });
  await max.context().close();
}

/** Opens the first task with a film on which the readers have a finding. */
async function openClusters(page) {
  for (const { task } of await tasksOf(page, 'both')) {
    await openStudy(page, task);
    await page.getByText(/^Verdicts: /).waitFor();
    if ((await page.getByRole('button', { name: 'Take the median' }).count()) > 1) return task;
  }
  throw new Error('no study has two findings on its first film');
}

/** Decisions that do not reach the service are said to be unsaved, and sent again. */
async function checkDecisions(browser, service) {
  await startAdjudication(browser, service);
  const page = await signedIn(browser, service, 'jo');
  const task = await openClusters(page);
  const rows = page.locator('.clusters > li');
  await page.route('**/decisions', (route) => route.abort('connectionrefused'));
  await rows.nth(0).getByRole('button', { name: 'Take the median' }).click();
  await page.getByText(/^1 decision is not saved\. Leave this page open/).waitFor();
  await page.getByText('1 decision unsaved, on this page alone.').waitFor();
  await rows.nth(1).getByRole('button', { name: 'Reject' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Why is it rejected?').fill('a shadow');
  await dialog.getByRole('button', { name: 'Reject' }).click();
  await page.getByText(/^2 decisions are not saved\./).waitFor();
  // what is loaded meanwhile does not take the message away
  await drawBox(page, [20, 20, 60, 60]);
  await page.locator('.saved[data-unsaved="2"]').waitFor();
  check(await page.getByText(/^2 decisions are not saved\./).isVisible(), 'the message is gone');
  await look(page, 'decisions');
  await page.unroute('**/decisions');
  await allSaved(page);
  await rows.nth(0).getByText(/^median taken/).waitFor();
  await rows.nth(1).getByText('rejected: a shadow').waitFor();
  const answer = await page.request.get(`/api/reading/tasks/${task}/clusters`);
  const made = (await answer.json()).clusters.map((c) => c.decided?.decision ?? '');
  check(made[0] === 'merge' && made[1] === 'reject', `the service has ${made}`);
  // what it refuses is said until the next decision
  await page.route('**/decisions', (route) =>
    route.fulfill({ status: 409, json: { error: 'no such finding' } }));
  await rows.nth(1).getByRole('button', { name: 'Change' }).click();
  await rows.nth(1).getByRole('button', { name: 'Take the median' }).click();
  await page.getByText('no such finding').waitFor();
  await drawBox(page, [70, 20, 90, 60]);
  await allSaved(page);
  check(await page.getByText('no such finding').isVisible(), 'the refusal is gone');
  await page.context().close();
}

// ---- the line at the bottom ----

const WIDTHS = [900, 1024, 1152, 1280];

/** Neither its text nor its buttons reach into the panel, and the films keep their size. */
async function checkWidths(page, state, heights) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 768 });
    await filmsLoaded(page);
    const seen = await page.evaluate(() => {
      const saved = document.querySelector('.saved');
      const line = document.querySelector('.status-line').getBoundingClientRect();
      const parts = [saved, ...saved.children].map((e) => e.getBoundingClientRect());
      const text = saved.querySelector('.saved-text');
      return {
        right: Math.max(...parts.map((r) => r.right)),
        bottom: Math.max(...parts.map((r) => r.bottom)),
        line: { right: line.right, bottom: line.bottom },
        panel: document.querySelector('.reading-panel').getBoundingClientRect().left,
        hidden: text.scrollHeight - text.clientHeight,
        film: document.querySelector('.reading-frame').clientHeight,
      };
    });
    const where = `${state} at ${width}`;
    check(seen.right <= seen.panel, `${where}: ${seen.right} is right of ${seen.panel}`);
    check(seen.right <= seen.line.right && seen.bottom <= seen.line.bottom, `${where}: overflow`);
    check(state === 'refused' || seen.hidden <= 1, `${where}: ${seen.hidden} of it are hidden`);
    heights[width] ??= seen.film;
    check(seen.film === heights[width], `${where}: the film has moved: ${seen.film}`);
    await look(page, `line-${state}-${width}`);
  }
}

const LONG = 'the film is rejected, and a rejected film has no boxes, '.repeat(6);

async function checkLine(browser, service) {
  const full = () => {
    IDBObjectStore.prototype.put = function () {
      throw new DOMException('no room', 'QuotaExceededError');
    };
  };
  for (const script of [undefined, full]) {
    const page = await signedIn(browser, service, 'rita', { script });
    const [{ task }] = await tasksOf(page, 'line');
    await openStudy(page, task);
    await oneFilm(page);
    const heights = {};
    if (!script) await checkWidths(page, 'saved', heights);
    let answer = (route) => route.abort('connectionrefused');
    await page.route('**/ops', (route) => answer(route));
    await page.keyboard.press('n');
    await page.getByText(/cannot be reached/).waitFor();
    await checkWidths(page, script ? 'not-kept' : 'kept', heights);
    answer = (route) => route.fulfill({ status: 403, json: { error: LONG } });
    await page.getByText('Not saved').waitFor();
    if (!script) await checkWidths(page, 'refused', heights);
    await page.context().close();
  }
}

await main(async () => {
  const browser = await startBrowser();
  const service = await startService(program, '', { port: 9 }); // nothing is delivered
  const front = await fetch(service.url);
  if (!/id="app"/.test(await front.text())) leaveOut('this program was built without its pages');
  const people = { gus: 'reader', sam: 'reader', tom: 'reader', max: 'manager', jo: 'adjudicator' };
  for (const [login, role] of Object.entries(people))
    service.command(['user', 'add', login, '--role', role], `${PASSWORD}\n`);
  service.spines = drawSpines(program);
  addProject(program, service, ['gus'], 'late', withoutSecondFilms(service.spines));
  addProject(program, service, ['tom'], 'waits', service.spines);
  addProject(program, service, ['rita'], 'line', service.spines);
  await checkLine(browser, service);
  await checkCompleting(browser, service);
  await checkDecisions(browser, service);
  await checkLateFilms(browser, service);
  await browser.close();
  await service.stop();
});
