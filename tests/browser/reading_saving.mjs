// Nothing that a reader does is lost: without a network, after the session has ended, in two pages
// with one study, when the service or the page is killed.
import { check, until } from '../peers/peers.mjs';
import {
  allSaved,
  drawBox,
  filmsLoaded,
  oneFilm,
  openStudy,
  placeOfFilm,
  signInAs,
  taskOf,
} from './reading_service.mjs';

const square = (i) => [40 + 70 * (i % 4), 50 + 70 * Math.floor(i / 4), 0, 0].map((v, k, all) =>
  k < 2 ? v : all[k - 2] + 45);

const unsaved = (page, n) => page.locator(`.saved[data-unsaved="${n}"]`).waitFor();

async function boxesAre(page, task, count) {
  await until(`${count} boxes on the service`, 60, async () => {
    const { boxes } = await taskOf(page, task);
    check(boxes.length <= count, `${boxes.length} boxes, more than ${count}`);
    return boxes.length === count;
  });
}

/** Ten minutes without a network, in which the session ends; all is saved once afterwards. */
export async function checkOffline(page, task, base) {
  await page.clock.install();
  await openStudy(page, task);
  await oneFilm(page);
  const context = page.context();
  const { matrix } = await placeOfFilm(page);
  await context.setOffline(true);
  for (let i = 0; i < 3; i++) {
    await drawBox(page, square(i));
    await page.clock.fastForward('03:20');
  }
  await unsaved(page, 4); // three boxes, and the verdict of the film
  await page.getByText(/cannot be reached/).first().waitFor();
  const moved = (await placeOfFilm(page)).matrix.some((v, i) => v !== matrix[i]);
  check(!moved, 'the film has moved while boxes were drawn on it');
  check((await taskOf(page, task)).boxes.length === 0, 'the page was not without a network');
  const { csrf } = await (await page.request.get('/api/session')).json();
  const headers = { 'X-CSRF': csrf, Origin: base };
  check((await page.request.delete('/api/session', { headers })).status() === 204, 'no sign-out');
  await context.setOffline(false);
  await page.clock.runFor(15_000);
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await signInAs(dialog, 'rita');
  await page.clock.runFor(15_000);
  await allSaved(page);
  await boxesAre(page, task, 3);
  await page.clock.resume();
}

/** The service is killed; the page goes on, and sends when it is there again. */
export async function checkKilledService(page, task, service) {
  await openStudy(page, task);
  await oneFilm(page);
  await drawBox(page, square(4));
  await allSaved(page);
  await service.kill();
  await drawBox(page, square(5));
  await page.getByText(/cannot be reached/).first().waitFor();
  await service.again();
  // the button goes when the page has tried again by itself
  const tried = page.getByRole('button', { name: 'Try again' }).click().catch(() => undefined);
  await Promise.race([tried, allSaved(page)]);
  await allSaved(page);
  await boxesAre(page, task, 5);
}

/** Draws a box that does not reach the service. */
async function drawUnsaved(page, corners, count) {
  await page.route('**/ops', (route) => route.abort());
  // the page sends what it has stored in the browser
  const stored = page.waitForRequest('**/ops');
  await drawBox(page, corners);
  await unsaved(page, count);
  await stored;
}

async function crash(page) {
  const crashed = page.waitForEvent('crash');
  void page.goto('chrome://crash').catch(() => undefined); // it never ends
  await crashed;
}

/** A page that is killed before it could send: the next one of this browser does it. */
export async function checkKilledPage(context, task) {
  const page = await context.newPage();
  await openStudy(page, task);
  await oneFilm(page);
  await drawUnsaved(page, square(6), 1);
  await crash(page);
  const next = await context.newPage();
  check((await taskOf(next, task)).boxes.length === 5, 'the killed page had saved its box');
  // the page says so for 4 seconds, which may end before the films are loaded
  const told = next.getByText('1 change of an earlier page was recovered.').waitFor();
  await Promise.all([told, openStudy(next, task)]);
  await allSaved(next);
  await boxesAre(next, task, 6);
  await next.close();
}

/** Two pages with one study: each has the boxes of both in the end. */
export async function checkTwoPages(context, task) {
  const [a, b] = [await context.newPage(), await context.newPage()];
  let conflicts = 0;
  b.on('response', (r) => (conflicts += r.status() === 409));
  // b does not learn by itself what a saves
  await b.route('**/ops?after=*', (route) => route.abort());
  for (const page of [a, b]) {
    await openStudy(page, task);
    await oneFilm(page);
  }
  await drawBox(a, square(7));
  await allSaved(a);
  await drawBox(b, square(8));
  await allSaved(b);
  await boxesAre(b, task, 8);
  check(conflicts > 0, 'no conflict was told');
  for (const page of [a, b]) await shownBoxes(page, 8);
  await a.close();
  await b.close();
}

async function shownBoxes(page, count) {
  await until(`${count} boxes on the page`, 60, async () => {
    const shown = await page.locator('.reading-film.active .reading-box').count();
    return shown === count;
  });
  await filmsLoaded(page);
}

const disagreement = (page) => page.locator('.verdict-conflicts', { hasText: 'disagree on' });

const verdictOf = async (page, task, film) => {
  const { films } = await taskOf(page, task);
  return films.find((f) => f.film === film).verdict;
};

/** While a page could not save its box, another one called the film normal, and the first was
 * killed. The next page has the box, and asks for the verdict until it is given. */
export async function checkKilledRival(context, task) {
  const [killed, other] = [await context.newPage(), await context.newPage()];
  for (const page of [killed, other]) {
    await openStudy(page, task);
    await page.keyboard.press('PageDown');
    await oneFilm(page);
    await page.locator('.verdict[data-verdict=""]').waitFor();
  }
  await drawUnsaved(killed, square(3), 2); // the box, and the verdict of the film
  await other.keyboard.press('n');
  await other.locator('.verdict[data-verdict="normal"]').waitFor();
  await allSaved(other);
  const { films } = await taskOf(other, task);
  const { film } = films.find((f) => f.verdict === 'normal');
  await crash(killed);
  await other.close();
  const next = await context.newPage();
  await openStudy(next, task);
  await disagreement(next).getByRole('button', { name: /^Show / }).click();
  await oneFilm(next);
  await shownBoxes(next, 1);
  await allSaved(next);
  check((await verdictOf(next, task, film)) === '', 'a killed page has overturned a verdict');
  check(await disagreement(next).isVisible(), 'the question has gone before it was answered');
  await next.getByRole('button', { name: 'Abnormal', exact: true }).click();
  await disagreement(next).waitFor({ state: 'detached' });
  await allSaved(next);
  check((await verdictOf(next, task, film)) === 'abnormal', 'the verdict was not saved');
  await checkLastBox(context, task);
  await next.close();
}

/** One page deletes the last box of a film while the other one adds one: both ask. */
async function checkLastBox(context, task) {
  const [a, b] = [await context.newPage(), await context.newPage()];
  for (const page of [a, b]) {
    await openStudy(page, task);
    await page.keyboard.press('PageDown');
    await oneFilm(page);
  }
  await b.route('**/ops*', (route) => route.abort());
  await drawBox(b, square(1));
  await a.keyboard.press('Escape');
  await a.keyboard.press('Tab');
  await a.keyboard.press('Delete');
  await shownBoxes(a, 0);
  await allSaved(a);
  await b.unroute('**/ops*');
  for (const page of [b, a]) {
    await disagreement(page).waitFor();
    await shownBoxes(page, 1);
    await page.keyboard.press('Enter');
    await page.getByText(/has no verdict/).waitFor();
  }
  await disagreement(a).getByRole('button', { name: 'Dismiss' }).click();
  await disagreement(a).waitFor({ state: 'detached' });
  await disagreement(b).getByRole('button', { name: /^Show / }).click();
  await b.getByRole('button', { name: 'Abnormal', exact: true }).click();
  await disagreement(b).waitFor({ state: 'detached' });
  await allSaved(b);
  await a.close();
  await b.close();
}

const TAG = 'Kyphosis';

const tagOf = (page) => page.getByRole('button', { name: TAG });
const giveConfidence = (page, value) => page.locator('.confidence input').fill(String(value));

const confidenceIs = (page, value) =>
  page.locator('.confidence output', { hasText: new RegExp(`^${value}$`) }).waitFor();

/** One page gives a tag to the study, the other one a confidence: both stay. Where both give a
 * confidence, the saved one is kept, and the reader is told both. */
export async function checkTwoFields(context, task, service) {
  service.addStudyTag(TAG);
  const [a, b] = [await context.newPage(), await context.newPage()];
  for (const page of [a, b]) {
    await openStudy(page, task);
    await oneFilm(page);
  }
  await b.route('**/ops*', (route) => route.abort());
  await giveConfidence(b, 70);
  await unsaved(b, 1);
  await tagOf(a).click();
  await allSaved(a);
  await b.unroute('**/ops*');
  await allSaved(b);
  for (const page of [a, b]) {
    await page.locator('.tag[aria-pressed="true"]', { hasText: TAG }).waitFor();
    await confidenceIs(page, 70);
    check((await page.locator('.differences p').count()) === 0, 'a difference where there is none');
  }
  const { tags, confidence } = await taskOf(b, task);
  check(tags.length === 1 && confidence === 70, `${tags.length} tags, confidence ${confidence}`);
  await b.route('**/ops*', (route) => route.abort());
  await giveConfidence(b, 20);
  await unsaved(b, 1);
  await giveConfidence(a, 90);
  await allSaved(a);
  await b.unroute('**/ops*');
  await b.getByText('Two pages gave different confidences: 90 is kept, 20 is not.').waitFor();
  for (const page of [a, b]) await confidenceIs(page, 90);
  check((await taskOf(b, task)).confidence === 90, 'a page has overturned a confidence');
  await b.locator('.differences').getByRole('button', { name: 'Dismiss' }).click();
  await b.locator('.differences p').waitFor({ state: 'detached' });
  await a.close();
  await b.close();
}
