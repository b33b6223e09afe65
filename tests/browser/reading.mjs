// reading.mjs SPINEXR WEIGHTS DRAW_GREYS gpu|canvas [PICTURES]: the reading room as readers use it,
// with the graphics processor (as SwiftShader computes it) or without. What does not depend on how
// films are drawn is done without: saving, the manager's pages, imports. PICTURES: a folder for
// pictures of the pages, for a person to look at.
import path from 'node:path';
import { check, leaveOut, main } from '../peers/peers.mjs';
import { checkAccessible, openPage, startBrowser } from './browser_page.mjs';
import { checkBoxes } from './reading_boxes.mjs';
import { checkImport } from './reading_import.mjs';
import { checkKeyboard } from './reading_keyboard.mjs';
import { checkManager } from './reading_manager.mjs';
import { checkPixels } from './reading_pixels.mjs';
import { checkKilledPage, checkKilledService, checkOffline } from './reading_saving.mjs';
import { GUIDE, openStudy, signInAs, startReading, tasksOf } from './reading_service.mjs';
import {
  checkKilledRival,
  checkRecoverAtOnce,
  checkTwoFields,
  checkTwoPages,
} from './reading_two_pages.mjs';
import { checkWindows } from './reading_windows.mjs';

const [program, weights, drawGreys, drawing, pictures] = process.argv.slice(2);

// Pages are small where only their films matter: without a graphics processor, the time that a test
// takes is that of painting.
const small = { width: 800, height: 500 };

async function look(page, name) {
  await checkAccessible(page, name);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}-${drawing}.png`) });
}

async function signedIn(browser, service, login, screen = {}) {
  const page = await openPage(browser, service.url, screen);
  await page.goto('/');
  await signInAs(page, login);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

const painter = (kind) => `.reading-frame[data-painter="${kind}"]`;

/** The film is drawn as this browser can, and by the processor when its graphics are taken away. */
async function checkPainter(page) {
  const used = await page.locator('.reading-frame').first().getAttribute('data-painter');
  check(used === (drawing === 'gpu' ? 'webgl' : 'canvas'), `drawn by ${used}`);
  if (drawing !== 'gpu') return;
  await page.evaluate(() => window.webgl.getExtension('WEBGL_lose_context').loseContext());
  await page.locator(painter('canvas')).first().waitFor();
}

/** A page does not draw by WebGL that is slower than its own way. */
async function checkComputed(page) {
  const [task] = await tasksOf(page, 'greys');
  await openStudy(page, task.task);
  await page.locator(painter('canvas')).first().waitFor();
}

/** What was drawn is kept without a network, through kills, and beside another page. */
async function checkSaving(browser, service, page, task) {
  const offline = await signedIn(browser, service, 'rita', small);
  await checkOffline(offline, task, service.url);
  await offline.context().close();
  await page.goto('/');
  await checkKilledService(page, task, service);
  await checkKilledPage(page.context(), task);
  await checkTwoPages(page.context(), task);
  await checkTwoFields(page.context(), task, service);
  await checkRecoverAtOnce(page.context(), task);
  await checkKilledRival(page.context(), task);
}

await main(async () => {
  const browser = await startBrowser(drawing === 'gpu');
  const service = await startReading(program, weights, drawGreys);
  const front = await fetch(service.url);
  if (!/id="app"/.test(await front.text())) leaveOut('this program was built without its pages');
  const greys = await signedIn(browser, service, 'gus', small);
  const films = await checkPixels(greys, service);
  await checkPainter(greys);
  await greys.context().close();
  const plain = await signedIn(browser, service, 'gus', { ...small, computed: false });
  await checkComputed(plain);
  await plain.context().close();
  const page = await signedIn(browser, service, 'rita');
  const coarse = await signedIn(browser, service, 'rita', small);
  const [, second, third] = (await tasksOf(page, 'spines')).map((t) => t.task);
  const fine = await signedIn(browser, service, 'rita', { ...small, ratio: 2 });
  let boxes = await checkBoxes(coarse, second);
  await coarse.context().close();
  boxes += await checkBoxes(fine, third);
  await fine.context().close();
  const read = await checkKeyboard(page, look);
  check(read === second, `study ${second} was begun, and ${read} was read`);
  if (drawing === 'canvas') await checkSaving(browser, service, page, third);
  service.addPair();
  service.addHeld();
  const windows = await signedIn(browser, service, 'tom');
  const toms = (await tasksOf(windows, 'windows')).map((t) => t.task);
  await checkWindows(windows, toms, GUIDE, look);
  await windows.context().close();
  if (drawing === 'canvas') {
    await checkManager((login) => signedIn(browser, service, login), look);
    await checkImport(await signedIn(browser, service, 'max'), service, look);
  }
  await browser.close();
  await service.end();
  console.log(`${films} films, ${boxes} boxes`);
});
