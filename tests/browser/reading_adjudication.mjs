// The adjudicator decides on what the readers have marked: a decision is undone and done again with
// its box, it is changed, and it is there when the page is loaded again.
import { check } from '../peers/peers.mjs';
import { allSaved, filmsLoaded, tasksOf } from './reading_service.mjs';

export const button = (from, name) => from.getByRole('button', { name, exact: true });
const shown = (locator) => locator.waitFor({ state: 'visible' });
export const finding = (page, i) => page.locator('.clusters > li').nth(i);
export const decided = (page, i, text) =>
  shown(finding(page, i).locator('p', { hasText: new RegExp(`^${text}`) }));
export const open = async (page, i) => {
  await page.locator(`.clusters > li:nth-child(${i + 1}):not(.resolved)`).waitFor();
  await shown(button(finding(page, i), 'Reject'));
};

/** The corners of the adjudicator's boxes on the active film. */
export async function ownBoxes(page) {
  const own = page.locator('.reading-film.active .reading-box:not([data-box^="cluster-"])');
  const all = await own.evaluateAll((boxes) => boxes.map((b) => b.dataset.corners));
  return all.map((corners) => corners.split(' ').map(Number));
}

async function checkBox(page, right) {
  const boxes = await ownBoxes(page);
  check(boxes.length === 1, `${boxes.length} boxes for one finding`);
  const far = Math.max(...right.map((v, i) => Math.abs(v - (boxes[0]?.[i] ?? Infinity))));
  check(far < 1.5, `the box is ${boxes[0]}, not near ${right}`);
}

/** What the service holds of the decisions on the first film. */
export async function checkService(page, right) {
  await allSaved(page);
  const task = await page.locator('.reading').getAttribute('data-task');
  const answer = await page.request.get(`/api/reading/tasks/${task}/clusters`);
  const { clusters } = await answer.json();
  const all = clusters.map((c) => c.decided?.decision ?? 'open').join();
  check(all === right, `the service says ${all}, not ${right}`);
}

const times = async (page, n, key) => {
  for (let i = 0; i < n; i++) await page.keyboard.press(key);
};

const MEDIAN = [66, 100, 146, 190];
const STEPS = 9; // of 10 pixels: beyond every box of the finding

/** The box is moved away and back: only while it is near the finding does the decision hold. */
async function checkMoved(page) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await page.locator('.reading-box.chosen').waitFor();
  await times(page, STEPS, 'Shift+ArrowRight');
  await open(page, 0);
  await checkService(page, 'open,open');
  // another one takes the place of the box that stands for nothing
  await button(finding(page, 0), 'Take the median').click();
  await decided(page, 0, 'median taken');
  await checkBox(page, MEDIAN);
  await page.keyboard.press('Control+z');
  await open(page, 0);
  await times(page, STEPS, 'Control+z');
  await decided(page, 0, 'median taken');
  await times(page, STEPS, 'Control+Shift+z');
  await open(page, 0);
  await times(page, STEPS, 'Control+z');
  await decided(page, 0, 'median taken');
  await checkBox(page, MEDIAN);
}

/** Undone, the finding is open, and the study is not complete; done again, it is decided. */
async function checkUndone(page) {
  await button(finding(page, 0), 'Take the median').click();
  await decided(page, 0, 'median taken');
  await checkMoved(page);
  await page.keyboard.press('Control+z');
  await open(page, 0);
  check((await ownBoxes(page)).length === 0, 'the box of a decision stays when it is undone');
  await checkService(page, 'open,open');
  await page.keyboard.press('Control+Shift+z');
  await decided(page, 0, 'median taken');
  await checkBox(page, MEDIAN);
  await checkService(page, 'merge,open');
  await page.keyboard.press('Control+z');
  await open(page, 0);
}

/** When both films have a verdict, Enter leads to the finding that is open, and presses its first
 * button. */
async function checkByKeys(page) {
  const keys = ['n', 'PageDown', 'n', 'PageUp', 'Enter'];
  for (const key of keys) await page.keyboard.press(key);
  await shown(page.getByText('Decide on each finding of the readers.'));
  await page.waitForFunction(() => document.activeElement?.closest('.clusters > li'));
  await page.keyboard.press('Enter');
  await decided(page, 0, 'median taken');
}

async function reject(page, i, reason) {
  await button(finding(page, i), 'Reject').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Why is it rejected?').fill(reason);
  await button(dialog, 'Reject').click();
  await decided(page, i, `rejected: ${reason}`);
}

/** The decision that was changed comes back with its box. */
async function checkChangeUndone(page) {
  const back = async () => {
    await page.keyboard.press('Control+z');
    await decided(page, 0, 'median taken');
    await checkService(page, 'merge,open');
    await checkBox(page, MEDIAN);
  };
  const change = () => button(finding(page, 0), 'Change').click();
  await change();
  await button(finding(page, 0), 'Take R1').click();
  await decided(page, 0, 'taken');
  await back();
  await page.keyboard.press('Control+Shift+z');
  await decided(page, 0, 'taken');
  await back();
  await change();
  await reject(page, 0, 'a shadow');
  await checkService(page, 'reject,open');
  await back();
  await page.keyboard.press('Control+Shift+z');
  await decided(page, 0, 'rejected: a shadow');
  await back();
}

/** Another decision takes the place of the first, and another box that of its box. */
async function checkChanged(page) {
  const change = () => button(finding(page, 0), 'Change').click();
  await change();
  await button(finding(page, 0), 'Take R1').click();
  await decided(page, 0, 'taken');
  const one = (await ownBoxes(page))[0];
  await checkService(page, 'take,open');
  check(one?.[0] !== MEDIAN[0], 'the box of one reader is the median');
  await checkBox(page, one ?? []);
  await change();
  await reject(page, 0, 'a shadow');
  check((await ownBoxes(page)).length === 0, 'a rejected finding keeps its box');
  await checkService(page, 'reject,open');
  await change();
  await button(finding(page, 0), 'Take the median').click();
  await decided(page, 0, 'median taken');
  await checkBox(page, MEDIAN);
}

async function checkReloaded(page) {
  await allSaved(page);
  await page.reload();
  await filmsLoaded(page);
  await decided(page, 0, 'median taken');
  await decided(page, 1, 'rejected: no finding');
  await checkBox(page, MEDIAN);
}

/** Decides on the study that is open. The first reader has a box on its first film, the other one
 * the same 12 pixels further, and one more; `completeStudy` goes on to the next. */
export async function checkAdjudication(page, look, completeStudy) {
  await button(page, 'Read the next study').click();
  await page.locator('.reading').waitFor();
  await filmsLoaded(page);
  await checkUndone(page);
  await checkByKeys(page);
  await checkChangeUndone(page);
  await checkChanged(page);
  await reject(page, 1, 'no finding');
  await checkReloaded(page);
  await look(page, 'adjudication');
  await completeStudy(page);
  const states = (await tasksOf(page, 'pair')).map((t) => t.state).sort().join();
  check(states === 'done,new,open' || states === 'done,open,open', states);
}
