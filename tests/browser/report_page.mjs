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

async function openPage(browser) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 850 } });
  page.on('request', (r) => check(/^(file|data):/.test(r.url()), `a request to ${r.url()}`));
  page.on('pageerror', (e) => check(false, `error of the page: ${e.stack}`));
  await page.goto(pathToFileURL(path.join(folder, 'page.html')).href);
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
  await paperIsWideEnough(page);
  await browser.close();
  fs.rmSync(folder, { recursive: true });
  console.log('sorted, filtered, opened a film');
});
