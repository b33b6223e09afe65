// What pages say of studies and films: the line at the bottom is of one film, messages go when they
// are not true any more, and the states in the worklist stand one below the other.
import { check, until } from '../peers/peers.mjs';
import { drawBox, openStudy, placeOfFilm, tasksOf } from './reading_service.mjs';
import { signedIn } from './reading_setup.mjs';

const lineOf = (page) => page.locator('.place').innerText();

/** The line is of the film under the cursor, whichever is active. */
async function checkPlace(page) {
  await page.mouse.move(0, 0);
  const { box, toPage } = await placeOfFilm(page);
  const onFrontal = [box.x + box.width / 2, box.y + 40];
  await page.mouse.move(...toPage(200, 300));
  await page.mouse.down({ button: 'right' }); // another window than the lateral film has
  await page.mouse.move(...onFrontal, { steps: 4 });
  await page.mouse.up({ button: 'right' });
  await page.mouse.wheel(0, -200);
  await page.mouse.move(0, 0);
  await page.mouse.move(...onFrontal);
  await until('the line is of the frontal film', 10, async () =>
    /^Frontal\s+\d+, \d+\s+value \d+\s+\d+ %\s+C -?\d+ W \d+$/.test(await lineOf(page)));
  const frontal = await lineOf(page);
  await page.keyboard.press('PageDown');
  await page.locator('.reading-film.active', { hasText: 'Lateral' }).waitFor();
  check((await lineOf(page)) === frontal, `${await lineOf(page)} is not ${frontal}`);
  await drawBox(page, [100, 100, 180, 190]);
  await page.locator('.reading-box').waitFor();
  check(/^Lateral.* × /s.test(await lineOf(page)), `no size of the box: ${await lineOf(page)}`);
  await page.mouse.move(...onFrontal);
  await until('the line is of the frontal film again', 10, async () =>
    (await lineOf(page)) === frontal);
  await page.mouse.move(0, 0);
  await until('the line is of the active film', 10, async () =>
    /^Lateral\s+.* × .*\s+\d+ %\s+C -?\d+ W \d+$/s.test(await lineOf(page)));
  check(lastWords(await lineOf(page)) !== lastWords(frontal), 'both films have one window');
  await page.mouse.move(...onFrontal);
  await page.keyboard.press('s'); // the film under the cursor leaves the page
  await until('the line of one film has no title', 10, async () =>
    /^[\d.]+ × [\d.]+ \w+\s+\d+ %\s+C/.test(await lineOf(page)));
  await page.keyboard.press('s');
  await page.keyboard.press('Delete');
}

const lastWords = (line) => line.slice(line.indexOf('C '));

/** `text` is said after `key`, and until `done` has been done. */
async function checkMessage(page, text, key, done) {
  const message = page.locator('.toast', { hasText: text });
  await page.keyboard.press(key);
  await message.waitFor();
  await done();
  await message.waitFor({ state: 'detached' });
}

const press = (page, key) => () => page.keyboard.press(key);

async function checkMessages(page) {
  await checkMessage(page, 'Nothing to undo on this film.', 'Control+z', press(page, 'PageDown'));
  await page.keyboard.press('PageUp');
  await checkMessage(page, 'Nothing to redo on this film.', 'Control+Shift+z', press(page, 'n'));
  await checkMessage(page, 'Lateral has no verdict.', 'Enter', press(page, 'n'));
  await checkMessage(page, 'Say how sure you are', 'Enter', () =>
    page.locator('.confidence > input').press('ArrowRight'));
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await drawBox(page, [100, 100, 180, 190]);
  await checkMessage(page, 'A film with boxes is not', 'n', press(page, 'Delete'));
}

/** The states in the worklist stand one below the other, whatever they are. */
async function checkStates(page) {
  await page.goto('/#/reading');
  await page.locator('.reading-list .badge').first().waitFor();
  const states = await page.locator('.reading-list .badge').evaluateAll((all) =>
    all.map((badge) => {
      const { borderLeftWidth, borderLeftStyle, paddingLeft } = getComputedStyle(badge);
      const frame = [borderLeftWidth, borderLeftStyle, paddingLeft].join();
      return { text: badge.innerText, frame };
    }),
  );
  check(new Set(states.map((s) => s.text)).size > 1, 'all studies have one state');
  check(new Set(states.map((s) => s.frame)).size === 1, `frames: ${JSON.stringify(states)}`);
}

/** No message goes by itself: the page's clock does not reach the end of the time it has. */
const withoutEnd = () => {
  const { setTimeout } = window;
  window.setTimeout = (work, ms, ...rest) => setTimeout(work, ms === 4000 ? 1e9 : ms, ...rest);
};

/** `project` has studies of two films, which tom reads, with a confidence. */
export async function checkWhatPagesSay(browser, service, project) {
  const page = await signedIn(browser, service, 'tom', { script: withoutEnd });
  const [told, place] = (await tasksOf(page, project)).map((t) => t.task);
  await openStudy(page, told);
  await checkMessages(page);
  await openStudy(page, place);
  await checkPlace(page);
  await checkStates(page);
  await page.context().close();
}
