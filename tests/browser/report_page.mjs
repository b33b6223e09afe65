// The page of `spinexr eval report` in Chromium: tables sort and filter, a film opens large, boxes
// can be switched off, nothing is loaded from elsewhere, and paper has no controls.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { check, main } from '../peers/peers.mjs';
import { checkAccessible, startBrowser } from './browser_page.mjs';
import { writePhantomReport } from './phantom_report.mjs';

const program = path.resolve(process.argv[2]);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spinexr-report-'));
const spinexr = (...args) => execFileSync(program, args, { cwd: folder, stdio: 'pipe' });

async function openPage(browser, file = 'page.html') {
  const page = await browser.newPage({ viewport: { width: 1200, height: 850 } });
  page.on('request', (r) => check(/^(file|data):/.test(r.url()), `a request to ${r.url()}`));
  page.on('pageerror', (e) => check(false, `error of the page: ${e.stack}`));
  await page.goto(pathToFileURL(path.join(folder, file)).href);
  return page;
}

async function tablesSortAndFilter(page) {
  const table = page.locator('main table', { hasText: 'P(abnormal)' }).first();
  const column = async (n) => table.locator(`tbody tr:visible td:nth-child(${n})`).allInnerTexts();
  await table.getByRole('button', { name: 'P(abnormal)' }).click();
  const rising = (await column(6)).map(Number);
  check(rising.length >= 15, `only ${rising.length} studies`);
  check(rising.every((v, i) => i === 0 || v >= rising[i - 1]), 'not sorted');
  await table.getByRole('button', { name: 'P(abnormal)' }).click();
  check(Number((await column(6))[0]) === Math.max(...rising), 'not sorted downwards');
  const filter = page.getByLabel('Filter rows:').first();
  await filter.fill('normal');
  const shown = await column(2);
  check(shown.length > 0 && shown.every((t) => t === 'normal'), `filtered: ${shown}`);
  await filter.fill('');
}

async function totalsStayBelow(page) {
  const table = page.locator('main table:has(tfoot)').first();
  const names = () => table.locator('tr td:first-child').allInnerTexts();
  const before = await names();
  await table.getByRole('button').first().click();
  await table.getByRole('button').first().click();
  const after = await names();
  check(before.length > 2 && after[0] === [...before.slice(0, -1)].sort().at(-1), 'not sorted');
  check(after.at(-1) === before.at(-1), `the last row is ${after.at(-1)}`);
}

/** 260 films without pictures, each a study. */
function writeLongTable() {
  const films = Array.from({ length: 260 }, (_, i) => `f${i + 1}`);
  fs.writeFileSync(path.join(folder, 'long.csv'),
    `image_id,abnormal\n${films.map((f, i) => `${f},${i % 2}\n`).join('')}`);
  fs.writeFileSync(path.join(folder, 'long.json'), JSON.stringify({ schema: 'spinexr-report/1',
    rule: { threshold: 0.25, keep: 0.3 }, labels: [], failed: [],
    studies: films.map((f, i) => ({ films: [{ image_id: f, probability: (i % 7) / 7 }] })) }));
  spinexr('eval', 'report', 'long.csv', 'long.json', '--resamples', '0', '--html', 'long.html');
}

/** A long table shows its first rows; sorting and filtering concern all, and paper has all. */
async function longTablesBeginShort(browser) {
  const page = await openPage(browser, 'long.html');
  const rows = page.locator('main table', { hasText: 'P(abnormal)' }).first().locator('tbody tr');
  const all = await rows.count();
  const visible = () => rows.locator('visible=true').count();
  check(all === 260 && await visible() === 100, `${await visible()} of ${all} studies are shown`);
  await page.getByRole('button', { name: 'study' }).first().click();
  await page.getByRole('button', { name: 'study' }).first().click();
  const first = await rows.first().locator('td').first().innerText();
  check(await visible() === 100 && first === 'f260', `after sorting ${first} is the first`);
  const filter = page.getByLabel('Filter rows:').first();
  await filter.fill('f4');
  check(await visible() === 11, `${await visible()} studies begin with f4`);
  await filter.fill('');
  await page.emulateMedia({ media: 'print' });
  check(await visible() === all, `${await visible()} studies on paper`);
  await page.emulateMedia({ media: 'screen' });
  await page.getByRole('button', { name: 'Show all 260 rows' }).click();
  check(await visible() === all, 'the button does not show all rows');
  await checkAccessible(page, 'a long table');
  await page.close();
}

/** On paper no table is wider than the page: a browser would shrink all of it. */
async function paperIsWideEnough(page) {
  await page.emulateMedia({ media: 'print' });
  const usual = page.viewportSize();
  await page.setViewportSize({ width: 690, height: 1000 }); // A4 within margins of 14 mm
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 690, `the printed page is ${width} pixels wide`);
  await page.setViewportSize(usual);
  const button = page.getByRole('button', { name: 'Open large' }).first();
  check(!await button.isVisible(), 'a button on paper');
}

async function filmsOpenLarge(page) {
  const dialog = page.getByRole('dialog'), boxes = dialog.locator('svg rect');
  const film = page.locator('figure[data-view]', { hasText: /of \d+ found/ }).first();
  await film.getByRole('button', { name: 'Open large' }).click();
  await dialog.locator('img').evaluate((image) => image.decode());
  const all = await boxes.count();
  const truth = await dialog.locator('svg rect[stroke-dasharray*=" "]').count();
  check(truth > 0 && all === 2 * truth + 1, `${all} boxes, ${truth} true`);
  await dialog.getByLabel('least score').fill('0');
  check(await boxes.count() === all, 'the film opens with boxes that are no findings');
  await dialog.getByLabel('other boxes').check();
  check(await boxes.count() === all + 2, 'the boxes that are no findings are not shown');
  await dialog.getByLabel('other boxes').uncheck();
  check(await boxes.count() === all, 'the other boxes are still there');
  await dialog.getByLabel('truth (dashed)').uncheck();
  check(await boxes.count() === truth + 1, 'the true boxes are still there');
  await dialog.getByLabel('least score').fill('0.5');
  check(await boxes.count() === truth, 'the box of score 0.4 is still there');
  await dialog.getByLabel('least score').fill('0.3');
  await dialog.getByLabel('Other lesions').uncheck();
  check(await boxes.count() <= truth, 'the class is still there');
  await checkAccessible(page, 'the viewer of films');
  const name = await dialog.locator('b').innerText();
  await page.keyboard.press('ArrowRight');
  check(await dialog.locator('b').innerText() !== name, 'no next film');
  await page.keyboard.press('Escape');
  check(!await dialog.isVisible(), 'the viewer is still open');
}

/** A film of 900 x 400 pixels, with boxes that overlap. */
async function writeWideFilm(browser) {
  const page = await browser.newPage();
  const png = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 900, height: 400 });
    canvas.getContext('2d').fillRect(0, 0, 900, 400);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  await page.close();
  fs.mkdirSync(path.join(folder, 'wide'));
  fs.writeFileSync(path.join(folder, 'wide', 'w.png'), Buffer.from(png, 'base64'));
  const boxes = [[300, 150, 380, 230], [330, 152, 420, 236], [340, 148, 430, 240],
    [820, 2, 898, 60]];
  fs.writeFileSync(path.join(folder, 'wide.csv'), `image_id,lesion_type,xmin,ymin,xmax,ymax\n${
    boxes.map((b) => `w,Disc space narrowing,${b}\n`).join('')}`);
  fs.writeFileSync(path.join(folder, 'wide.json'), JSON.stringify({ schema: 'spinexr-report/1',
    rule: { threshold: 0.25, keep: 0.3 }, labels: ['Disc space narrowing'], failed: [],
    studies: [{ films: [{ image_id: 'w', probability: 0.9,
      boxes: boxes.map((box) => ({ label: 0, score: 0.8, box })),
      findings: boxes.map((box) => ({ name: 'Disc space narrowing', score: 0.8, box })) }] }] }));
  spinexr('eval', 'report', 'wide.csv', 'wide.json', '--films', 'wide', '--resamples', '0',
    '--html', 'wide.html');
}

const rectangle = (locator) => locator.evaluate((e) => {
  const { left, top, right, bottom } = e.getBoundingClientRect();
  return { left, top, right, bottom };
});

/** The whole film is in sight, its left side can be scrolled to, and no label covers another. */
async function wideFilmsAreWhole(browser) {
  const page = await openPage(browser, 'wide.html');
  const dialog = page.getByRole('dialog'), image = dialog.locator('img');
  await page.getByRole('button', { name: 'Open large' }).click();
  await image.evaluate((e) => e.decode());
  for (const [width, height] of [[1300, 1000], [700, 900]]) {
    await page.setViewportSize({ width, height });
    const stage = await rectangle(dialog.locator('.stage')), film = await rectangle(image);
    const whole = film.left >= stage.left && film.right <= stage.right + 0.5 &&
      film.top >= stage.top && film.bottom <= stage.bottom + 0.5;
    check(whole && film.right - film.left > 0.9 * (stage.right - stage.left),
      `at ${width}x${height} the film is ${JSON.stringify(film)} in ${JSON.stringify(stage)}`);
    const texts = await dialog.locator('svg text').all();
    check(texts.length === 8, `${texts.length} labels`);
    const labels = await Promise.all(texts.map(rectangle));
    for (const [i, a] of labels.entries()) {
      check(a.left >= film.left - 1 && a.right <= film.right + 1, 'a label beside the film');
      for (const b of labels.slice(i + 1)) {
        const apart = a.left >= b.right || b.left >= a.right ||
          a.top >= b.bottom - 4 || b.top >= a.bottom - 4; // the box of a line is higher than it
        check(apart, `a label covers another: ${JSON.stringify([a, b])}`);
      }
    }
  }
  await page.close();
}

main(async () => {
  const browser = await startBrowser();
  spinexr('data', 'phantom', '--out', 'set', '--count', '40', '--size', '300');
  writePhantomReport(folder);
  spinexr('eval', 'report', 'set', 'report.json', '--films', 'set', '--sheets', '12', '--resamples',
    '20', '--pictures', 'beside', '--html', 'page.html');
  const page = await openPage(browser);
  await checkAccessible(page, 'the page of a report');
  await tablesSortAndFilter(page);
  await totalsStayBelow(page);
  await filmsOpenLarge(page);
  writeLongTable();
  await longTablesBeginShort(browser);
  await paperIsWideEnough(page);
  await writeWideFilm(browser);
  await wideFilmsAreWhole(browser);
  await browser.close();
  fs.rmSync(folder, { recursive: true });
  console.log('sorted, filtered, opened a film');
});
