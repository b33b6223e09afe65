// Boxes of the networks in the page of a study: the threshold, accepting, rejecting and leaving
// alone, each of which is recorded; and boxes that come after the reader's own.
import fs from 'node:fs';
import path from 'node:path';
import { check, inFolder, until } from '../peers/peers.mjs';
import {
  addProject,
  allSaved,
  drawBox,
  filmsLoaded,
  oneFilm,
  openStudy,
  runProgram,
  taskOf,
  tasksOf,
} from './reading_service.mjs';

// Of each film, in the order of the page: by their scores.
const BOXES = [
  { label: 0, score: 0.9, box: [40.5, 60.25, 110, 130] },
  { label: 1, score: 0.7, box: [140, 60, 210, 130] },
  { label: 0, score: 0.4, box: [40, 200, 110, 270] },
];
const THRESHOLD = 0.5;

const proposed = (page) => page.locator('.reading-film.active .reading-box.proposed');
const counts = (page, n) => until(`${n} boxes of the networks`, 30, async () =>
  (await proposed(page).count()) === n);

/** A project of the set, all films of which have the same boxes of a network. */
function addDrafts(program, service, key, set, mode, more = []) {
  addProject(program, service, ['rita'], key, set, ['--prelabels', mode, ...more]);
  const films = fs.readdirSync(path.join(set, 'train_images')).map((name) => ({
    image_id: path.parse(name).name,
    boxes: BOXES,
  }));
  const report = inFolder(`${key}.json`);
  fs.writeFileSync(report, JSON.stringify({
    models: [{ task: 'detector', sha256: 'f'.repeat(64) }],
    labels: ['Osteophytes', 'Disc space narrowing'],
    studies: [{ films }],
  }));
  const how = ['--threshold', String(THRESHOLD), '--data', service.data];
  runProgram(program, ['reading', 'prelabel', key, report, ...how]);
}

async function taskWith(page, key, mode) {
  const found = (await tasksOf(page, key)).find((t) => t.prelabels === mode);
  if (!found) throw new Error(`${key}: no task with boxes of networks`);
  return found.task;
}

/** Accepts one box, rejects one, leaves one alone below the threshold and then above it. */
async function checkBefore(page) {
  const task = await taskWith(page, 'drafts', 'before');
  await openStudy(page, task);
  await oneFilm(page);
  await counts(page, 2);
  await page.getByText('2 of 3 shown').waitFor();
  await page.keyboard.press('a');
  await counts(page, 1);
  await page.keyboard.press('d');
  await counts(page, 0);
  for (let i = 0; i < 3; i++) await page.keyboard.press('[');
  await counts(page, 1);
  await page.keyboard.press('PageDown');
  await page.keyboard.press('n');
  await page.keyboard.press('Enter');
  await page.waitForFunction((t) => !location.hash.endsWith(`/${t}`), task);
  const { boxes, choices, films, state } = await taskOf(page, task);
  check(state === 'done', `the study is ${state}`);
  const [box] = boxes;
  check(boxes.length === 1 && box.source === 'prelabel', `${boxes.length} boxes`);
  check(`${box.corners}` === `${BOXES[0].box}`, `the accepted box is at ${box.corners}`);
  const of = (choice) => choices.filter((c) => c.choice === choice).length;
  // of the other film, all three were shown and left alone
  const made = `${of('accept')} ${of('reject')} ${of('ignore')} of ${films.length} films`;
  check(made === '1 1 4 of 2 films', `accepted, rejected, ignored: ${made}`);
}

/** They appear when the reader's own boxes are recorded, not earlier. */
async function checkAfter(page) {
  const task = await taskWith(page, 'later', 'after');
  await openStudy(page, task);
  await oneFilm(page);
  await page.getByText('Your own boxes are recorded first.').waitFor();
  const early = await page.request.get(`/api/reading/tasks/${task}/prelabels`);
  const { prelabels } = await early.json();
  check(prelabels.length === 0, `${prelabels.length} boxes of networks before the reader's own`);
  await drawBox(page, [30, 300, 90, 380]);
  await allSaved(page);
  await counts(page, 0);
  await page.getByRole('button', { name: 'Compare with the networks' }).click();
  await counts(page, 2);
  await page.keyboard.press('PageDown'); // the other film is not compared yet
  await counts(page, 0);
}

const PARTS = [
  '.classes li:last-child button',
  '.box-list li',
  '.slider:not(.confidence) input',
  '.study-questions textarea',
  '.study-questions button',
  '.verdict-buttons button:last-child',
  '.confidence input',
  '.finish button',
];

/** Whether all of an element is seen: it is not scrolled away, and nothing covers it. */
const isSeen = (element) => {
  const r = element.getBoundingClientRect();
  const at = (y) => element.contains(document.elementFromPoint((r.left + r.right) / 2, y));
  return r.height > 0 && at(r.top + 2) && at(r.bottom - 2);
};

/** What the reader of a study needs is in view without scrolling, with all that a project can ask
 * for. */
async function checkInView(page, look) {
  const task = await taskWith(page, 'rated', 'before');
  const usual = page.viewportSize();
  await openStudy(page, task);
  await drawBox(page, [30, 300, 90, 380]);
  await allSaved(page);
  for (const [width, height] of [[1920, 1080], [1280, 720]]) {
    await page.setViewportSize({ width, height });
    await filmsLoaded(page);
    await look(page, `reading-panel-${height}`);
    for (const part of PARTS) {
      const seen = await page.locator(`.reading-panel ${part}`).first().evaluate(isSeen);
      check(seen, `${part} is not in view at ${width}x${height}`);
    }
  }
  await page.setViewportSize(usual);
}

/** A study is not complete before all pixels of its films are on the page. */
async function checkUnloaded(page, task) {
  const whole = /\/pixels\/1(\?|$)/;
  await page.route(whole, () => undefined); // they never arrive
  await page.goto(`/#/reading/${task}`);
  await page.locator(`.reading[data-task="${task}"] [data-level]`).first().waitFor();
  for (const key of ['n', 'PageDown', 'n']) await page.keyboard.press(key);
  await allSaved(page);
  await page.keyboard.press('Enter');
  await page.getByText(/is not fully loaded yet/).waitFor();
  check((await taskOf(page, task)).state === 'open', 'a study without its films is complete');
  await page.unroute(whole);
}

export async function checkPrelabels(page, program, service, set, look) {
  addDrafts(program, service, 'rated', set, 'before', ['--confidence']);
  await checkInView(page, look);
  addDrafts(program, service, 'drafts', set, 'before');
  addDrafts(program, service, 'later', set, 'after');
  await checkBefore(page);
  await checkAfter(page);
  const [, , last] = await tasksOf(page, 'none');
  await checkUnloaded(page, last.task);
}
