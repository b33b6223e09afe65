// reading_pictures.mjs SPINEXR WEIGHTS FOLDER: makes the pictures of docs/reading.md, of drawn
// films, as PNG files in FOLDER (docs/img). The pages are pictured as a reader sees them, smaller
// and with fewer grey values, so that each file stays below 150 kB.
import fs from 'node:fs';
import path from 'node:path';
import { check, main } from '../peers/peers.mjs';
import { openPage, startBrowser } from './browser_page.mjs';
import { startService } from './page_service.mjs';
import {
  addProject,
  allSaved,
  drawBox,
  drawSpines,
  openStudy,
  placeOfFilm,
  signInAs,
  tasksOf,
} from './reading_service.mjs';

const [program, weights, folder] = process.argv.slice(2);
const MOST = 150_000; // bytes of a picture
const SHARE = 0.7; // of the page's size
const STEP = 16; // values that become one

// Runs in the page: the picture, smaller and with fewer values, as base64.
const reduced = async ([png, share, step]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.width * share);
  canvas.height = Math.round(image.height * share);
  const context = canvas.getContext('2d', { alpha: false });
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const data = context.getImageData(0, 0, canvas.width, canvas.height);
  data.data.forEach((v, i, all) => {
    if (i % 4 < 3) all[i] = Math.min(255, Math.round(v / step) * step);
  });
  context.putImageData(data, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1];
};

async function picture(blank, page, name, clip) {
  const png = await page.screenshot(clip ? { clip } : {});
  const out = await blank.evaluate(reduced, [png.toString('base64'), SHARE, STEP]);
  const bytes = Buffer.from(out, 'base64');
  check(bytes.length < MOST, `${name} has ${bytes.length} bytes`);
  fs.writeFileSync(path.join(folder, `${name}.png`), bytes);
  console.log(`${name}.png ${bytes.length}`);
}

async function pictures(page, blank, task) {
  await openStudy(page, task);
  await page.keyboard.press('Digit3');
  await drawBox(page, [128, 300, 190, 356]);
  await allSaved(page);
  await page.keyboard.press('Escape');
  await page.mouse.move(0, 0);
  await picture(blank, page, 'reading-study');
  const { box, toPage } = await placeOfFilm(page);
  await page.keyboard.press('m');
  const [x, y] = toPage(170, 330);
  await page.mouse.move(x, y);
  await page.locator('.magnifier canvas').waitFor();
  const clip = { x: box.x, y: y - 200, width: box.width, height: 400 };
  await picture(blank, page, 'reading-magnifier', clip);
  await page.keyboard.press('m');
  await page.keyboard.press('h');
  await page.getByText('mirrored').waitFor();
  await page.mouse.move(0, 0);
  await picture(blank, page, 'reading-mirrored', { ...box, y: box.y - 24, height: 420 });
}

await main(async () => {
  const browser = await startBrowser(true);
  const service = await startService(program, weights, { port: 9 }); // nothing is delivered
  addProject(program, service, ['rita'], 'spine-1', drawSpines(program));
  const page = await openPage(browser, service.url, { width: 1280, height: 800 });
  await page.goto('/');
  await signInAs(page, 'rita');
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  const [first] = await tasksOf(page, 'spine-1');
  const blank = await browser.newPage();
  await pictures(page, blank, first.task);
  await browser.close();
  await service.stop();
});
