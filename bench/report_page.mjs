// report_page.mjs SPINEXR [COUNT]: how quick the page of `spinexr eval report` is that shows every
// film of a large set (2,000 by default), each with 100 boxes, with pictures beside it, in Chromium
// on this machine.
// Prints the size of the page, the milliseconds until it is loaded and painted, its memory, and the
// milliseconds, until the page is painted again, of sorting and filtering the table of studies and
// of opening a film: the median of five, and the mean processor time of the page's thread, which
// other programs on the machine change less.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { startBrowser } from '../tests/browser/browser_page.mjs';
import { writePhantomReport } from '../tests/browser/phantom_report.mjs';
import { inFolder, main } from '../tests/peers/peers.mjs';

const [program, count = '2000'] = process.argv.slice(2);
const RUNS = 5;

const folder = inFolder('report');
const spinexr = (...args) =>
  execFileSync(path.resolve(program), args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });

const row = (name, value, unit, more = '') =>
  console.log(`${name.padEnd(22)} ${value.toFixed(0).padStart(8)} ${unit}${more}`);

// Runs in the page: milliseconds from an action until the page is painted, the median of the runs.
const timeOf = async ({ action, runs }) => {
  const table = [...document.querySelectorAll('main table')]
    .sort((a, b) => b.tBodies[0].rows.length - a.tBodies[0].rows.length)[0];
  const input = table.closest('.scroll').previousElementSibling.querySelector('input');
  const filter = (text) => {
    input.value = text;
    input.dispatchEvent(new Event('input'));
  };
  const figures = document.querySelectorAll('figure[data-view]');
  const button = (from, name) =>
    [...from.querySelectorAll('button')].find((b) => b.textContent === name);
  const actions = {
    'sort by number': () => table.tHead.rows[0].cells[5].querySelector('button').click(),
    'sort by name': () => table.tHead.rows[0].cells[0].querySelector('button').click(),
    filter: (i) => filter(['abnormal', 'a', '0.9', '', '1'][i % 5]),
    'open a film': (i) => {
      document.querySelector('dialog')?.close();
      button(figures[(i * 397) % figures.length], 'Open large').click();
      return document.querySelector('dialog img').decode();
    },
    'next film': () => {
      button(document.querySelector('dialog'), 'Next').click();
      return document.querySelector('dialog img').decode();
    },
  };
  const painted = () =>
    new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const times = [];
  for (let i = 0; i < runs; i++) {
    await painted();
    const begin = performance.now();
    await actions[action](i);
    await painted();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[runs >> 1];
};

/** Loads the file in a page; `used`: milliseconds of its thread's processor time so far. */
async function load(browser, file) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(300_000);
  await page.goto('file:///'); // the process that will have the page
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metric = async (name) =>
    (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === name).value;
  const used = async () => 1000 * await metric('TaskDuration');
  const [begin, before] = [performance.now(), await used()];
  await page.goto(pathToFileURL(file).href);
  await page.evaluate(() =>
    new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  const time = performance.now() - begin;
  return { page, cdp, metric, used, time, processor: await used() - before };
}

const ofProcessor = (ms) => `, ${ms.toFixed(0)} ms of processor time`;

await main(async () => {
  const browser = await startBrowser();
  fs.mkdirSync(folder, { recursive: true });
  spinexr('data', 'phantom', '--out', 'set', '--count', count, '--size', '200');
  writePhantomReport(folder, 98);
  spinexr('eval', 'report', 'set', 'report.json', '--films', 'set', '--sheets', '10000',
    '--resamples', '100', '--pictures', 'beside', '--html', 'page.html');
  const file = path.join(folder, 'page.html');
  await (await load(browser, file)).page.close(); // the files are in memory
  const { page, cdp, metric, used, time, processor } = await load(browser, file);
  row('page', fs.statSync(file).size / 1024, 'kB');
  row('load', time, 'ms', ofProcessor(processor));
  await cdp.send('HeapProfiler.collectGarbage');
  row('heap of the script', await metric('JSHeapUsedSize') / 1e6, 'MB');
  row('elements and texts', await metric('Nodes'), '');
  for (const action of ['sort by number', 'sort by name', 'filter', 'open a film', 'next film']) {
    const before = await used();
    const ms = await page.evaluate(timeOf, { action, runs: RUNS });
    row(action, ms, 'ms', ofProcessor((await used() - before) / RUNS));
  }
  await browser.close();
});
