// Nothing that a reader does is lost: without a network, after the session has ended, when the
// service or the page is killed.
import { check, until } from '../peers/peers.mjs';
import {
  allSaved,
  drawBox,
  oneFilm,
  openStudy,
  placeOfFilm,
  signInAs,
  taskOf,
} from './reading_service.mjs';

/** The corners of a box; those of no two numbers overlap. */
export function square(i) {
  const [x, y] = [40 + 70 * (i % 4), 50 + 70 * Math.floor(i / 4)];
  return [x, y, x + 45, y + 45];
}

export const unsaved = (page, n) => page.locator(`.saved[data-unsaved="${n}"]`).waitFor();

export async function boxesAre(page, task, count) {
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
export async function drawUnsaved(page, corners, count) {
  await page.route('**/ops', (route) => route.abort());
  // the page sends what it has stored in the browser
  const stored = page.waitForRequest('**/ops');
  await drawBox(page, corners);
  await unsaved(page, count);
  await stored;
}

export async function crash(page) {
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
