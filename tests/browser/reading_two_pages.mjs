// Two pages of a browser with one study, side by side or one after the other: nothing is lost, and
// where they contradict each other, the reader is told until the question is answered.
import { check, until } from '../peers/peers.mjs';
import { boxesAre, crash, drawUnsaved, square, unsaved } from './reading_saving.mjs';
import { allSaved, drawBox, filmsLoaded, oneFilm, openStudy, taskOf } from './reading_service.mjs';

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

async function reload(page) {
  await page.reload();
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
  await reload(next);
  await disagreement(next).getByRole('button', { name: /^Show / }).click();
  await next.getByRole('button', { name: 'Abnormal', exact: true }).click();
  await disagreement(next).waitFor({ state: 'detached' });
  await allSaved(next);
  check((await verdictOf(next, task, film)) === 'abnormal', 'the verdict was not saved');
  await reload(next);
  check((await disagreement(next).count()) === 0, 'a question is asked that was answered');
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
  const told = (page) =>
    page.getByText('Two pages gave different confidences: 90 is kept, 20 is not.').waitFor();
  await told(b);
  for (const page of [a, b]) await confidenceIs(page, 90);
  check((await taskOf(b, task)).confidence === 90, 'a page has overturned a confidence');
  await crash(b);
  await checkTold(context, task, told);
  await a.close();
}

/** What a page that is gone has told is told by each page that is loaded, until it is dismissed, or
 * the reader changes what it is about. */
async function checkTold(context, task, told) {
  const page = await context.newPage();
  await openStudy(page, task);
  await told(page);
  await reload(page);
  await told(page);
  const differences = page.locator('.differences p');
  check((await differences.count()) === 1, 'a difference is told twice');
  await page.locator('.differences').getByRole('button', { name: 'Dismiss' }).click();
  await differences.waitFor({ state: 'detached' });
  await reload(page);
  check((await differences.count()) === 0, 'a difference is told that was dismissed');
  await page.close();
}

/** Leaves a box in the browser that must be merged, since another page has saved something. */
async function leaveBox(context, task) {
  const [killed, other] = [await context.newPage(), await context.newPage()];
  for (const page of [killed, other]) {
    await openStudy(page, task);
    await oneFilm(page);
  }
  await drawUnsaved(killed, square(9), 1);
  await giveConfidence(other, 30);
  await allSaved(other);
  await crash(killed);
  await other.close();
}

/** Opens a study. `asked`: resolves when the page asks for its operations, which it gets when
 * release() is called. `recovered`: resolves when it says that it recovered the box. */
async function openHeld(context, task) {
  const page = await context.newPage();
  const held = { page, asksFor: [], hasRecovered: false };
  const released = new Promise((resolve) => (held.release = resolve));
  await page.route('**/ops*', async (route) => {
    await released;
    await route.continue().catch(() => undefined); // the page may be gone
  });
  page.on('request', (r) => r.url().includes(`/tasks/${task}`) && held.asksFor.push(r.url()));
  held.asked = page.waitForRequest('**/ops*');
  const text = page.getByText('1 change of an earlier page was recovered.');
  held.recovered = text.waitFor().then(() => (held.hasRecovered = true));
  for (const may of [held.asked, held.recovered]) may.catch(() => undefined); // it never does
  await page.goto(`/#/reading/${task}`);
  return held;
}

/** The page waits until another one has recovered, and has asked for nothing. */
async function waitsForOther({ page, asksFor }, task) {
  await until('a page waits for the other one', 10, () =>
    page.evaluate(async (name) => {
      const { pending } = await navigator.locks.query();
      return pending.some((lock) => lock.name === name);
    }, `spinexr-recover-${task}`));
  check(asksFor.length === 0, `it has asked for ${asksFor[0]}`);
}

/** How often the box was put that was put most often, by the operations of the service. */
async function mostPuts(page, task) {
  const { ops } = await (await page.request.get(`/api/reading/tasks/${task}/ops?after=0`)).json();
  const puts = ops.filter((op) => op.kind === 'box_put').map((op) => op.box);
  return Math.max(...puts.map((box) => puts.filter((b) => b === box).length));
}

/** Of pages that are opened at once, one recovers what is left; if it is killed meanwhile, the next
 * one does. */
export async function checkRecoverAtOnce(context, task) {
  await leaveBox(context, task);
  const before = (await taskOf(context, task)).boxes.length;
  const first = await openHeld(context, task);
  await first.asked;
  const second = await openHeld(context, task);
  await waitsForOther(second, task);
  await crash(first.page);
  await second.asked;
  const third = await openHeld(context, task);
  await waitsForOther(third, task);
  for (const { release } of [first, second, third]) release();
  await second.recovered;
  await filmsLoaded(third.page);
  await allSaved(third.page);
  check(!third.hasRecovered, 'two pages have recovered the same');
  await boxesAre(third.page, task, before + 1);
  check((await mostPuts(third.page, task)) === 1, 'a box was saved twice');
  for (const { page } of [second, third]) await page.close();
}
