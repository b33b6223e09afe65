// reading_pages.mjs SPINEXR WEIGHTS DRAW_FULL_FILMS: how fast the reading room's page shows studies
// of one and of two films of 3000 x 4000 pixels and 16 bits, in Chromium on this machine. Prints
// milliseconds from the address to the first picture of each film (preview) and to all their pixels
// (full):
//   cold        the service packs the films
//   kept        the service has them packed, the browser has nothing
//   prefetched  the page has loaded them while another study was read
// and the frames a second while the window is dragged. WebGL is computed by SwiftShader here, which
// the page takes for a graphics processor; elsewhere it would draw as it does under Canvas.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPage, startBrowser } from '../tests/browser/browser_page.mjs';
import { startService } from '../tests/browser/page_service.mjs';
import { addProject, signInAs, tasksOf } from '../tests/browser/reading_service.mjs';
import { inFolder, main } from '../tests/peers/peers.mjs';

const [program, weights, drawFullFilms] = process.argv.slice(2);
const STUDIES = 4;
const RUNS = 5;
const SCREEN = { width: 1920, height: 1080 };

// Runs in the page: opens a study and waits for its pictures.
const timesOf = ({ task, films: wanted }) =>
  new Promise((resolve) => {
    const begin = performance.now();
    const times = {};
    const passed = () => Math.round(performance.now() - begin);
    const look = () => {
      const page = document.querySelector(`.reading[data-task="${task}"]`);
      const films = page ? [...page.querySelectorAll('.reading-film')] : [];
      if (films.length < wanted || !films.every((f) => f.querySelector('[data-level]'))) return;
      times.preview ??= passed();
      if (films.some((f) => f.querySelector('[data-preview]'))) return;
      times.full = passed();
      observer.disconnect();
      resolve(times);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    location.hash = `#/reading/${task}`;
    look();
  });

async function signedIn(browser, service) {
  const page = await openPage(browser, service.url, SCREEN);
  await page.goto('/');
  await signInAs(page, 'rita');
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  return page;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function kept(browser, service, task) {
  const all = [];
  for (let i = 0; i < RUNS; i++) {
    const page = await signedIn(browser, service);
    all.push(await page.evaluate(timesOf, task));
    await page.context().close();
  }
  return { preview: median(all.map((t) => t.preview)), full: median(all.map((t) => t.full)) };
}

/** The study after one that is read for a while. */
async function prefetched(browser, service, [first, second]) {
  const page = await signedIn(browser, service);
  await page.evaluate(timesOf, first);
  await sleep(8000); // the next study is loaded and unpacked
  const times = await page.evaluate(timesOf, second);
  await page.context().close();
  return times;
}

// Runs in the page: frames that were made in the time.
const countFrames = (ms) =>
  new Promise((resolve) => {
    const begin = performance.now();
    let frames = 0;
    const next = (now) => {
      frames++;
      if (now - begin < ms) requestAnimationFrame(next);
      else resolve((1000 * (frames - 1)) / (now - begin));
    };
    requestAnimationFrame(next);
  });

/** Frames a second while the right button is dragged over a film that fills the screen. */
async function windowRate(browser, service, task) {
  const page = await signedIn(browser, service);
  await page.evaluate(timesOf, task);
  await page.keyboard.press('s'); // one film
  const box = await page.locator('.reading-frame').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down({ button: 'right' });
  const counted = page.evaluate(countFrames, 4000);
  let going = true;
  void counted.then(() => (going = false));
  for (let i = 0; going; i++) await page.mouse.move(x + 80 * Math.sin(i / 9), y + (i % 60));
  await page.mouse.up({ button: 'right' });
  await page.context().close();
  return counted;
}

const row = (name, t) =>
  console.log(`${name.padEnd(24)} ${String(t.preview).padStart(7)} ${String(t.full).padStart(7)}`);

/** A project with studies of so many films, of which the service has packed none. */
function addStudies(service, films) {
  const project = `films-${films}`;
  const set = inFolder(project);
  const how = [set, String(STUDIES), String(films)];
  const drawn = spawnSync(drawFullFilms, how, { encoding: 'utf8' });
  if (drawn.status !== 0) throw new Error(drawn.stderr);
  addProject(program, service, ['rita'], project, set);
  fs.rmSync(`${service.data}/pixels`, { recursive: true, force: true }); // what the import packed
  return project;
}

async function measure(browser, service, films, project, webgl) {
  const page = await signedIn(browser, service);
  const tasks = (await tasksOf(page, project)).map(({ task }) => ({ task, films }));
  console.log(`${films} film${films > 1 ? 's' : ''}, ${webgl ? 'WebGL' : 'Canvas'}`);
  console.log(`${' '.repeat(24)} preview    full   ms`);
  if (webgl) row('  cold', await page.evaluate(timesOf, tasks[0]));
  if (webgl) for (const t of tasks.slice(1)) await page.evaluate(timesOf, t);
  await page.context().close();
  row('  kept', await kept(browser, service, tasks[0]));
  row('  prefetched', await prefetched(browser, service, tasks));
  const rate = await windowRate(browser, service, tasks[0]);
  console.log(`  window dragged: ${rate.toFixed(0)} frames a second`);
}

await main(async () => {
  const service = await startService(program, weights, { port: 9 }); // nothing is delivered
  for (const films of [1, 2]) {
    const project = addStudies(service, films);
    for (const webgl of [true, false]) {
      const browser = await startBrowser(webgl);
      await measure(browser, service, films, project, webgl);
      await browser.close();
    }
  }
  await service.stop();
});
