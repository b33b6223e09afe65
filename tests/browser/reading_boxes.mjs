// Boxes lie where the pointer was, in every orientation and zoom; undo takes them back.
import { check } from '../peers/peers.mjs';
import {
  allSaved,
  dragBetween,
  oneFilm,
  openStudy,
  placeOfFilm,
  taskOf,
} from './reading_service.mjs';

const NEAR = 0.01; // pixels of the film
const ZOOMS = [0.1, 1, 3.7, 16];

// Zooms with the wheel at the middle of the film's frame until the scale is near the wanted one.
async function zoomTo(page, scale) {
  await page.keyboard.press('f');
  for (let i = 0; i < 40; i++) {
    const { matrix, box } = await placeOfFilm(page);
    const factor = scale / Math.hypot(matrix[0], matrix[1]);
    if (Math.abs(Math.log(factor)) < 1e-3) return;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const step = Math.max(Math.min(-Math.log(factor) / 0.0015, 1500), -1500);
    await page.mouse.wheel(0, step);
    await page.waitForFunction(
      (m) => document.querySelector('.active .reading-frame').dataset.matrix !== m,
      matrix.join(' '),
    );
  }
  throw new Error(`the film is not zoomed to ${scale}`);
}

const cornersOf = (text) => text.split(' ').map(Number);

async function drawAndCompare(page, film) {
  const { box, matrix, toFilm } = await placeOfFilm(page);
  const part = Math.hypot(matrix[0], matrix[1]) * Math.min(film.width, film.height);
  const [dx, dy] = [Math.min(41.25, part * 0.4), Math.min(33.5, part * 0.3)];
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const from = [x - dx, y - dy];
  const to = [x + dx, y + dy];
  await dragBetween(page, from, to);
  const shown = page.locator('.reading-box.chosen');
  await shown.waitFor({ state: 'attached' });
  const have = cornersOf(await shown.getAttribute('data-corners'));
  const [p, q] = [toFilm(...from), toFilm(...to)];
  const want = [
    ...[Math.min(p[0], q[0]), Math.min(p[1], q[1])],
    ...[Math.max(p[0], q[0]), Math.max(p[1], q[1])],
  ];
  const far = Math.max(...want.map((v, i) => Math.abs(v - have[i])));
  check(far <= NEAR, `a box is ${far} pixels from the pointer: ${have}, not ${want}`);
  return have;
}

async function checkSaved(page, task, corners) {
  await allSaved(page);
  const { boxes } = await taskOf(page, task);
  const same = boxes.some((b) => b.corners.every((v, i) => v === corners[i]));
  check(same, `the service has ${JSON.stringify(boxes)}, not ${corners}`);
}

/** The eight orientations, as keys make them. */
const turns = ['', 'r', 'r', 'r', 'h', 'r', 'r', 'r'];

export async function checkBoxes(page, task) {
  await openStudy(page, task);
  await oneFilm(page);
  const { films } = await taskOf(page, task);
  const shown = Number(await page.locator('.reading-film.active').getAttribute('data-film'));
  const film = films.find((f) => f.film === shown);
  const matrices = new Set();
  let drawn = 0;
  for (const key of turns) {
    if (key) await page.keyboard.press(key);
    for (const zoom of ZOOMS) {
      await zoomTo(page, zoom);
      const { matrix } = await placeOfFilm(page);
      matrices.add(matrix.slice(0, 4).map(Math.sign).join(' '));
      const corners = await drawAndCompare(page, film);
      if (drawn++ % 8 === 0) await checkSaved(page, task, corners);
      await page.keyboard.press('Control+z');
      await page.locator('.reading-box').waitFor({ state: 'detached' });
    }
  }
  check(matrices.size === 8, `${matrices.size} orientations`);
  await allSaved(page);
  const after = await taskOf(page, task);
  check(after.boxes.length === 0, `${after.boxes.length} boxes after undo`);
  check(after.films.every((f) => f.verdict === ''), 'a verdict is left after undo');
  return drawn;
}
