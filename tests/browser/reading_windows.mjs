// What a reader can arrange: keys and mouse buttons, a second window for a second screen; and the
// guide of the project.
import { check, until } from '../peers/peers.mjs';
import {
  allSaved,
  drawBox,
  filmsLoaded,
  oneFilm,
  openStudy,
  placeOfFilm,
} from './reading_service.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Gives "no finding" another key, which works at once and after the page is loaded again. */
async function checkKeys(page, task, look) {
  await openStudy(page, task);
  // the service has weights: the page says no more
  const none = 'Read without boxes of the networks.';
  await page.getByText(none, { exact: true }).waitFor();
  await button(page, 'Keys and mouse').click();
  const dialog = page.getByRole('dialog');
  const row = dialog.locator('[data-command="noFinding"]');
  await row.click();
  await page.keyboard.press('j');
  await dialog.getByText(/J is taken: reject this film/).waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByText(/cannot be given/).waitFor();
  await page.keyboard.press('y');
  await dialog.getByLabel('Drag with the right button').selectOption('pan');
  await look(page, 'reading-controls');
  await button(dialog, 'Close').click();
  await page.reload();
  await filmsLoaded(page);
  const verdict = page.locator('.verdict');
  await page.keyboard.press('n');
  check((await verdict.getAttribute('data-verdict')) === '', 'the old key still works');
  await page.keyboard.press('y');
  await page.locator('.verdict[data-verdict="normal"]').waitFor();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog').locator('tr', { hasText: 'no finding on this film' });
  check((await help.locator('kbd').innerText()) === 'Y', 'the help has another key');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await oneFilm(page);
  const { box, matrix } = await placeOfFilm(page);
  await page.mouse.move(box.x + 200, box.y + 200);
  await page.mouse.down({ button: 'right' });
  await page.mouse.move(box.x + 230, box.y + 240, { steps: 4 });
  await page.mouse.up({ button: 'right' });
  const moved = (await placeOfFilm(page)).matrix;
  const by = [moved[4] - matrix[4], moved[5] - matrix[5]];
  check(Math.hypot(by[0] - 30, by[1] - 40) < 2, `the right button moved the film by ${by}`);
  await button(page, 'Keys and mouse').click();
  await button(page.getByRole('dialog'), 'All as delivered').click();
  await button(page.getByRole('dialog'), 'Close').click();
  await allSaved(page);
}

/** The other film in a second window: what is drawn in one is in both, and undone where it was. */
async function checkSecondWindow(page, task) {
  await openStudy(page, task);
  const opened = page.waitForEvent('popup');
  await button(page, 'Other film in a second window').click();
  const second = await opened;
  await filmsLoaded(second);
  for (const p of [page, second])
    check((await p.locator('.reading-films > figure').count()) === 1, 'a window shows two films');
  const films = await Promise.all(
    [page, second].map((p) => p.locator('.reading-film').getAttribute('data-film')),
  );
  check(films[0] !== films[1], 'both windows show the same film');
  await drawBox(second, [100, 100, 180, 190]);
  await allSaved(second);
  const verdicts = (p) => p.locator('.strip-verdict.abnormal').count();
  await until('the box is in the first window', 10, async () => (await verdicts(page)) === 1);
  await drawBox(page, [60, 60, 140, 150]);
  await allSaved(page);
  await until('the box is in the second window', 10, async () => (await verdicts(second)) === 2);
  for (const p of [second, page]) {
    await p.bringToFront();
    await p.keyboard.press('Control+z');
    await p.locator('.reading-box').waitFor({ state: 'detached' });
    await allSaved(p);
  }
  for (const p of [page, second])
    await until('all is undone', 10, async () => (await verdicts(p)) === 0);
  await followsNext(page, second, task);
}

/** When a study is complete, both windows go on to the next. */
async function followsNext(page, second, task) {
  await second.bringToFront();
  for (const key of ['n', 'PageUp', 'n', 'Enter']) await second.keyboard.press(key);
  for (const p of [page, second])
    await p.waitForFunction((t) => !location.hash.includes(`/${t}`), task);
  const [a, b] = [page, second].map((p) => new URL(p.url()).hash);
  check(b === `${a}/second` || (a === '#/reading' && b === a), `the windows are at ${a} and ${b}`);
  await second.close();
}

async function checkGuide(page, task, guide) {
  await openStudy(page, task);
  await page.keyboard.press('g');
  await page.getByRole('dialog').getByText(guide).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** On the screen of a tablet nothing covers anything else, and the scale is that of the film. */
async function checkNarrow(page, task, look) {
  const size = page.viewportSize();
  await openStudy(page, task);
  await page.setViewportSize({ width: 820, height: 1180 });
  await page.waitForFunction(() => {
    const frame = document.querySelector('.reading-film.active .reading-frame');
    const [a, b] = frame.dataset.matrix.split(' ').map(Number);
    const shown = `${Math.round(Math.hypot(a, b) * 100)} %`;
    return document.querySelector('.place').innerText.includes(shown);
  });
  const parts = ['html', '.top', '.strip', '.reading-head', '.tool-bar', '.panel-scroll'];
  for (const part of parts) {
    const wide = await page.locator(part).evaluate((e) => e.scrollWidth - e.clientWidth);
    check(wide <= 0, `${part} is ${wide} pixels too narrow for what it has`);
  }
  await look(page, 'reading-narrow');
  await page.setViewportSize(size);
}

export async function checkWindows(page, tasks, guide, look) {
  await checkNarrow(page, tasks[0], look);
  await checkKeys(page, tasks[0], look);
  await checkGuide(page, tasks[0], guide);
  await checkSecondWindow(page, tasks[0]);
}
