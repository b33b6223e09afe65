// A study is adjudicated by the keyboard alone, from the worklist to its end: findings are taken,
// changed and rejected, a rejection is undone, a box of one's own is drawn and explained.
import { check, until } from '../peers/peers.mjs';
import { button, checkService, decided, finding, open, ownBoxes } from './reading_adjudication.mjs';
import { tabTo } from './reading_keyboard.mjs';
import { allSaved, filmsLoaded, tasksOf } from './reading_service.mjs';

/** Presses keys, one after the other. */
async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** The Tab key leads from where the focus is to a button of a finding, and Enter presses it. */
async function pressButton(page, i, name, key = 'Tab') {
  const target = button(finding(page, i), name);
  for (let n = 0; n < 60; n++) {
    if (await target.evaluate((x) => x === document.activeElement)) return press(page, 'Enter');
    await press(page, key);
  }
  throw new Error(`the ${key} key does not lead to ${name} of finding ${i + 1}`);
}

/** Answers the question of the dialog that is open. */
async function answer(page, text) {
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type(text);
  await press(page, 'Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** The rejection of a finding of which nothing was taken is one step. */
async function checkRejection(page) {
  await pressButton(page, 1, 'Reject');
  await answer(page, 'no finding');
  await decided(page, 1, 'rejected: no finding');
  await checkService(page, 'merge,reject');
  await press(page, 'Control+z');
  await open(page, 1);
  await checkService(page, 'merge,open');
  check((await ownBoxes(page)).length === 1, 'undoing a rejection undoes another decision, too');
  await press(page, 'Control+Shift+z');
  await decided(page, 1, 'rejected: no finding');
  await checkService(page, 'merge,reject');
  // with another reason, and back
  await pressButton(page, 1, 'Change');
  await pressButton(page, 1, 'Reject');
  await answer(page, 'a shadow');
  await decided(page, 1, 'rejected: a shadow');
  await press(page, 'Control+z');
  await decided(page, 1, 'rejected: no finding');
}

/** A box that no reader has, with its reason. */
async function checkOwn(page) {
  await press(page, 'Digit4', 'b');
  await page.locator('.reading-box.chosen').waitFor({ state: 'attached' });
  await allSaved(page);
  // the service says after the box was saved that it needs a reason
  const needsReason = page.locator('.own-reason');
  await needsReason.waitFor();
  await tabTo(page, 'A box of your own');
  await press(page, 'Enter');
  await answer(page, 'missed by all');
  await needsReason.waitFor({ state: 'detached' });
  // giving the reason is one step, drawing the box another
  const boxes = (await ownBoxes(page)).length;
  await press(page, 'Control+z');
  await needsReason.waitFor();
  check((await ownBoxes(page)).length === boxes, 'undoing a reason undoes the box, too');
  await press(page, 'Control+Shift+z');
  await needsReason.waitFor({ state: 'detached' });
}

export async function checkAdjudicationByKeys(page) {
  await page.goto('/#/reading');
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  await tabTo(page, 'Read the next study');
  await press(page, 'Enter');
  await page.locator('.reading').waitFor();
  await filmsLoaded(page);
  const task = Number(await page.locator('.reading').getAttribute('data-task'));
  await pressButton(page, 0, 'Take the median');
  await decided(page, 0, 'median taken');
  await checkRejection(page);
  await pressButton(page, 0, 'Change', 'Shift+Tab');
  await pressButton(page, 0, 'Take R1');
  await decided(page, 0, 'taken');
  await checkService(page, 'take,reject');
  await checkOwn(page);
  await press(page, 'PageDown', 'n');
  await allSaved(page);
  await press(page, 'Enter');
  await until('the study is complete', 60, async () =>
    (await tasksOf(page, 'pair')).find((t) => t.task === task).state === 'done');
}
