// A study is read from the worklist to its end by the keyboard alone.
import { check, until } from '../peers/peers.mjs';
import { allSaved, filmsLoaded, taskOf, tasksOf } from './reading_service.mjs';

/** The Tab key leads to a control with this text, which is there. */
export async function tabTo(page, name) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    // beyond the last control the body has the focus, and every text
    const text = await page.evaluate(() =>
      document.activeElement?.matches(':not(body)') ? document.activeElement.textContent : '');
    if (text.includes(name)) return;
  }
  throw new Error(`the Tab key does not lead to ${name}`);
}

const chosenCorners = async (page) =>
  (await page.locator('.reading-box.chosen').getAttribute('data-corners')).split(' ').map(Number);

async function drawByKeys(page) {
  await page.keyboard.press('Digit3');
  await page.keyboard.press('b');
  await page.locator('.reading-box.chosen').waitFor({ state: 'attached' });
  const before = await chosenCorners(page);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Alt+ArrowRight');
  const [x0, y0, x1, y1] = await chosenCorners(page);
  const moved = [x0 - before[0], y0 - before[1], x1 - before[2], y1 - before[3]];
  check(moved.join() === '1,10,2,10', `arrows changed the box by ${moved}`);
  await page.keyboard.press('b');
  await page.keyboard.press('Shift+Digit2');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  // no trap: beyond the last box, Tab goes on to the controls, and the box stays the chosen one
  await page.keyboard.press('Tab');
  const films = await page.locator('.reading-frame').count();
  for (let i = 1; i < films; i++) await page.keyboard.press('Tab');
  const trapped = await page.evaluate(() =>
    document.activeElement?.matches('.reading-frame, body'));
  check(!trapped, 'Tab does not leave the films');
  await page.keyboard.press('Delete');
  await page.locator('.reading-box').nth(1).waitFor({ state: 'detached' });
}

// A film with a box is not "No finding", and a study without a verdict for each film, or without
// the confidence that its project asks for, is not complete.
async function checkRefusals(page, task) {
  await page.keyboard.press('n');
  await page.getByText(/with boxes is not "No finding"/).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText(/has no verdict/).waitFor();
  const { state } = await taskOf(page, task);
  check(state === 'open', `the study is ${state}`);
}

/** A question is begun, left for the film, and sent by keyboard. */
async function checkQuestion(page) {
  const field = page.getByLabel('Ask a question');
  const onFilm = () =>
    page.waitForFunction(() => document.activeElement?.matches('.active .reading-frame'));
  await page.keyboard.press('q');
  await page.keyboard.type('Is this m');
  await page.keyboard.press('Escape');
  await onFilm();
  check((await field.inputValue()) === 'Is this m', 'the question is gone');
  await page.keyboard.press('q');
  await page.keyboard.press('End');
  await page.keyboard.type('ild?');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('.comment', { hasText: 'Is this mild?' }).waitFor();
  await onFilm();
}

export async function checkKeyboard(page, look) {
  await page.goto('/#/reading');
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  await look(page, 'reading-worklist');
  await tabTo(page, 'Read the next study');
  await page.keyboard.press('Enter');
  await page.locator('.reading').waitFor();
  await filmsLoaded(page);
  const task = Number(await page.locator('.reading').getAttribute('data-task'));
  await drawByKeys(page);
  await look(page, 'reading-study');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await look(page, 'reading-help');
  await page.keyboard.press('Escape');
  await checkQuestion(page);
  await checkRefusals(page, task);
  await page.keyboard.press('n'); // the film without a verdict is the active one
  await page.keyboard.press('Enter');
  await page.getByText(/Say how sure you are/).waitFor();
  await tabTo(page, 'Rotated').catch(() => undefined);
  await page.locator('input[type=range]').first().focus();
  await page.keyboard.press('End');
  await allSaved(page);
  await page.keyboard.press('Enter'); // the slider still has the focus
  await until('the study is complete', 60, async () => {
    const tasks = await tasksOf(page, 'spines');
    return tasks.find((t) => t.task === task).state === 'done';
  });
  const { boxes, films, confidence } = await taskOf(page, task);
  check(boxes.length === 1 && confidence === 100, `${boxes.length} boxes, ${confidence}`);
  const verdicts = films.map((f) => f.verdict).sort().join();
  check(verdicts === 'abnormal,normal', verdicts);
  return task;
}
