// The pixels that the reading room shows are those of the program, within one grey value.
import { check } from '../peers/peers.mjs';
import { oneFilm, openStudy, tasksOf } from './reading_service.mjs';

const WIDTH = 150; // of draw_grey_films.c
const HEIGHT = 110;

// Runs in the page: the grey values that the active film shows at its own size.
const shownPixels = ([width, height]) => {
  const frame = document.querySelector('.reading-film.active .reading-frame');
  const [a, , , d, e, f] = frame.dataset.matrix.split(' ').map(Number);
  const canvas = frame.querySelector('.film-canvas');
  if (a !== 1 || d !== 1 || canvas.dataset.level !== '1') return null;
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(e, f, width, height);
  return Array.from({ length: width * height }, (_, i) => data[4 * i]);
};

function largestDifference(have, want) {
  let largest = 0;
  have.forEach((v, i) => (largest = Math.max(largest, Math.abs(v - want[i]))));
  return largest;
}

async function pixelsAtOwnSize(page) {
  await page.keyboard.press('o');
  const shown = await page.waitForFunction(shownPixels, [WIDTH, HEIGHT]);
  return shown.jsonValue();
}

const opposites = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' };

/** The patient's sides are where the film says, and change places when it is mirrored. */
async function checkSides(page, film) {
  const { orientation } = await (await page.request.get(`/api/reading/films/${film}`)).json();
  const active = page.locator('.reading-film.active');
  const sides = async () =>
    (await active.locator('.side').evaluateAll((all) => all.map((s) => s.textContent))).join('');
  if (!orientation) return void check((await sides()) === '', `sides of film ${film} are made up`);
  const [rows, columns] = orientation;
  const upright = `${opposites[rows]}${rows}${opposites[columns]}${columns}`;
  check((await sides()) === upright, `film ${film} has ${await sides()}, not ${upright}`);
  await page.keyboard.press('h');
  await active.getByText('mirrored').waitFor();
  const mirrored = `${rows}${opposites[rows]}${opposites[columns]}${columns}`;
  check((await sides()) === mirrored, `mirrored, it has ${await sides()}, not ${mirrored}`);
  await page.keyboard.press('h');
  return orientation;
}

/** The film whose 8 bits are nearest: the page must not know which film is which. */
const nearest = (have, greys) =>
  greys.map((want, i) => [largestDifference(have, want), i]).sort((a, b) => a[0] - b[0])[0];

export async function checkPixels(page, service) {
  const [task] = await tasksOf(page, 'greys');
  await openStudy(page, task.task);
  await oneFilm(page);
  const films = page.locator('.strip button');
  const count = await films.count();
  check(count === service.greys.length, `${count} films`);
  const seen = new Set();
  let sided = 0;
  for (let i = 0; i < count; i++) {
    await films.nth(i).click();
    await page.locator('.reading-film.active [data-painter]').waitFor();
    const have = await pixelsAtOwnSize(page);
    const [difference, which] = nearest(have, service.greys);
    check(difference <= 1, `film ${i + 1} differs by ${difference}`);
    seen.add(which);
    await page.keyboard.press('i');
    const negative = await page.waitForFunction(shownPixels, [WIDTH, HEIGHT]);
    const sum = largestDifference(
      (await negative.jsonValue()).map((v, k) => (v === 0 && have[k] === 0 ? 255 : v + have[k])),
      have.map(() => 255),
    );
    check(sum <= 1, `film ${i + 1}, inverted, differs by ${sum}`);
    await page.keyboard.press('i');
    const film = await page.locator('.reading-film.active').getAttribute('data-film');
    if (await checkSides(page, film)) sided++;
  }
  check(sided === 2, `${sided} films say where the patient's sides are`);
  check(seen.size === count, `only ${seen.size} of ${count} films were shown`);
  return count;
}
