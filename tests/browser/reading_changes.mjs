// reading_changes.mjs SPINEXR [PICTURES]: what happens to a study while its page is open, and what
// the page says of it: films that come, a study that is returned, a service that cannot be reached
// when the study is to be completed or an adjudicator decides; its messages; and the line at the
// bottom, which has its place whatever it says. PICTURES: a folder for pictures, for a person to
// look at.
import fs from 'node:fs';
import path from 'node:path';
import { check, inFolder, until } from '../peers/peers.mjs';
import { checkDecisions } from './reading_decisions.mjs';
import { checkWhatPagesSay } from './reading_messages.mjs';
import {
  addProject,
  allSaved,
  drawSpines,
  filmsLoaded,
  oneFilm,
  openStudy,
  runProgram,
  taskOf,
  tasksOf,
} from './reading_service.mjs';
import { signedIn as signedInAtSize, withRoom } from './reading_setup.mjs';

const [program, pictures] = process.argv.slice(2);

async function look(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

const signedIn = (browser, service, login, options) =>
  signedInAtSize(browser, service, login, { width: 1100, height: 700, ...options });

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
async function checkLateFilms(browser, service, spines) {
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
  runProgram(program, ['reading', 'import', 'late', spines, '--data', service.data]);
  await lookAgain(second);
  await filmCame(second).waitFor();
  await look(second, 'late-film');
  check((await second.locator('.strip li').count()) === 1, 'the film is shown unasked');
  await second.route('**/ops', (route) => route.abort('connectionrefused'));
  await second.keyboard.press('n');
  await second.getByRole('button', { name: 'Load the study again' }).click();
  await second.getByText('The study is loaded again as soon as all is saved.').waitFor();
  await look(second, 'late-film-waits');
  await second.unroute('**/ops');
  await second.getByRole('button', { name: 'Try again' }).click().catch(() => undefined);
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

// ---- the line at the bottom ----

const SIZES = [[800, 600], [900, 768], [1024, 768], [1152, 768], [1280, 768]];

/** Neither its text nor its buttons reach into the panel, and the films keep their size. */
async function checkWidths(page, state, heights) {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await filmsLoaded(page);
    const seen = await page.evaluate(() => {
      const saved = document.querySelector('.saved');
      const line = document.querySelector('.status-line').getBoundingClientRect();
      const place = document.querySelector('.place');
      const placed = place.getBoundingClientRect();
      const parts = [saved, ...saved.children].map((e) => e.getBoundingClientRect());
      const text = saved.querySelector('.saved-text');
      return {
        right: Math.max(...parts.map((r) => r.right)),
        bottom: Math.max(...parts.map((r) => r.bottom)),
        line: { right: line.right, bottom: line.bottom },
        panel: document.querySelector('.reading-panel').getBoundingClientRect().left,
        hidden: text.scrollHeight - text.clientHeight,
        cut: [...place.children].map((e) => e.getBoundingClientRect()).filter((r) =>
          r.top < placed.bottom && (r.left < placed.left - 1 || r.right > placed.right + 1)).length,
        film: document.querySelector('.reading-frame').clientHeight,
      };
    });
    const where = `${state} at ${width}`;
    check(seen.right <= seen.panel, `${where}: ${seen.right} is right of ${seen.panel}`);
    check(seen.right <= seen.line.right && seen.bottom <= seen.line.bottom, `${where}: overflow`);
    check(state === 'refused' || seen.hidden <= 1, `${where}: ${seen.hidden} of it are hidden`);
    heights[width] ??= seen.film;
    check(seen.cut === 0, `${where}: ${seen.cut} values are cut`);
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
    let release = () => undefined;
    const sent = new Promise((resolve) => (release = resolve));
    let answer = (route) => sent.then(() => route.abort('connectionrefused'));
    await page.route('**/ops', (route) => answer(route));
    await page.keyboard.press('n');
    await page.locator('.saved.busy[title="Changes are being sent to the service"]').waitFor();
    release();
    await page.getByText(/cannot be reached/).waitFor();
    await checkWidths(page, script ? 'not-kept' : 'kept', heights);
    answer = (route) => route.fulfill({ status: 507, body: '' });
    await page.getByText(/cannot save now \(507 Insufficient Storage\)/).waitFor();
    await checkWidths(page, script ? 'not-kept-507' : 'kept-507', heights);
    answer = (route) => route.fulfill({ status: 403, json: { error: LONG } });
    await page.getByText('Not saved').waitFor();
    if (!script) await checkWidths(page, 'refused', heights);
    await page.context().close();
  }
}

const people = { gus: 'reader', sam: 'reader', tom: 'reader', max: 'manager', jo: 'adjudicator' };

await withRoom(program, people, async (browser, service) => {
  const spines = drawSpines(program);
  addProject(program, service, ['gus'], 'late', withoutSecondFilms(spines));
  addProject(program, service, ['tom'], 'waits', spines);
  addProject(program, service, ['rita'], 'line', spines);
  addProject(program, service, ['tom'], 'told', spines, ['--confidence']);
  await checkWhatPagesSay(browser, service, 'told');
  await checkLine(browser, service);
  await checkCompleting(browser, service);
  await checkDecisions(program, browser, service, spines, look);
  await checkLateFilms(browser, service, spines);
});
