// ohif.mjs DRAW-RESULTS [PICTURES]: OHIF in Chromium, with Orthanc as archive, opens every kind of
// report beside its films, turns its boxes into measurements, and has them at the places that the
// report says. One wrong item in a report makes its page fail. PICTURES: a folder for a picture of
// each case, for a person to look at.
import fs from 'node:fs';
import path from 'node:path';
import { check, drawCases, leaveOut, library, main, startOrthanc } from './peers.mjs';
import { serveViewer } from './viewer_server.mjs';

const CHROMIUM = '/usr/bin/chromium';
const NEAR = 0.01; // pixels of the film
const [program, pictures] = process.argv.slice(2);
if (!fs.existsSync(CHROMIUM)) leaveOut('Chromium is not installed (package chromium)');
const { chromium } = library('playwright-core');

// Comprehensive SR, which archives get that refuse Comprehensive 3D SR, is opened for one case.
const otherClass = 'mixed';

async function store(orthanc, c) {
  const other = c.name === otherClass ? 'sr3d-' : 'sr-';
  for (const file of c.files.filter((f) => !path.basename(f).startsWith(other)))
    await orthanc.post('/instances', fs.readFileSync(file));
}

// ---- in the page ----

const filmIsShown = () =>
  window.cornerstone
    ?.getRenderingEngines()
    .flatMap((e) => e.getViewports())
    .some((v) => v.viewportStatus === 'rendered' && v.getCurrentImageId?.());

const reportIsLoaded = () =>
  window.services.displaySetService
    .getActiveDisplaySets()
    .some((d) => d.Modality === 'SR' && d.isLoaded);

const measurementCount = () => window.services.measurementService.getMeasurements().length;

const measurementUids = () =>
  window.services.measurementService.getMeasurements().map((m) => m.uid);

const jumpTo = (uid) => window.services.measurementService.jumpToMeasurement('default', uid);

const filmOfMeasurementIsShown = (uid) => {
  const { SOPInstanceUID } = window.services.measurementService.getMeasurement(uid);
  return window.cornerstone
    .getRenderingEngines()
    .flatMap((e) => e.getViewports())
    .some((v) => v.getCurrentImageId?.()?.includes(SOPInstanceUID));
};

// The corners of a measurement in pixels of its film: 0, 0 is the corner of the first pixel.
const placeOf = (uid) => {
  const m = window.services.measurementService.getMeasurement(uid);
  const viewport = window.cornerstone
    .getRenderingEngines()
    .flatMap((e) => e.getViewports())
    .find((v) => v.getCurrentImageId?.()?.includes(m.SOPInstanceUID));
  const { imageData } = viewport.getImageData();
  const { points } = window.cornerstoneTools.annotation.state.getAnnotation(uid).data.handles;
  const corners = points.map((p) => Array.from(imageData.worldToIndex(p), (v) => v + 0.5));
  const xs = corners.map((p) => p[0]);
  const ys = corners.map((p) => p[1]);
  return {
    film: m.SOPInstanceUID,
    tool: m.toolName,
    label: m.label,
    box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
  };
};

// ---- the test ----

async function readMeasurements(page) {
  const found = [];
  for (const uid of await page.evaluate(measurementUids)) {
    await page.evaluate(jumpTo, uid);
    await page.waitForFunction(filmOfMeasurementIsShown, uid, { timeout: 60000 });
    found.push(await page.evaluate(placeOf, uid));
  }
  return found;
}

const same = (want, have) =>
  have.film === want.film && have.tool === 'RectangleROI' &&
  have.box.every((v, i) => Math.abs(v - want.box[i]) < NEAR);

function compare(c, found) {
  check(found.length === c.boxes.length, `${c.name}: ${found.length} of ${c.boxes.length} boxes`);
  for (const want of c.boxes)
    check(
      found.some((have) => same(want, have) && /^\S.* \d\.\d\d/.test(have.label)),
      `${c.name}: ${JSON.stringify(want)} is not among ${JSON.stringify(found)}`,
    );
}

async function openCase(browser, base, c) {
  const errors = [];
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.on('console', (m) => /Error Boundary/.test(m.text()) && errors.push(m.text()));
  page.on('pageerror', (e) => errors.push(String(e)));
  await page.goto(`${base}/viewer?StudyInstanceUIDs=${c.study}`);
  await page.waitForFunction(filmIsShown, null, { timeout: 60000 });
  const report = page.locator('[data-cy="study-browser-thumbnail-no-image"]', {
    hasText: 'spinexr findings',
  });
  await report.first().dblclick();
  await page.waitForFunction(reportIsLoaded, null, { timeout: 60000 });
  if (c.boxes.length)
    await page.waitForFunction(`(${measurementCount})() >= ${c.boxes.length}`, null, {
      timeout: 60000,
    });
  else await page.waitForTimeout(1000);
  compare(c, await readMeasurements(page));
  await page.waitForFunction(filmIsShown, null, { timeout: 60000 });
  check(errors.length === 0, `${c.name}: ${errors.join('\n')}`);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${c.name}.png`) });
  await page.close();
}

await main(async () => {
  const orthanc = await startOrthanc();
  const base = await serveViewer(orthanc.http);
  const cases = drawCases(program);
  for (const c of cases) await store(orthanc, c);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  for (const c of cases) {
    const begin = Date.now();
    await openCase(browser, base, c).catch((e) => check(false, `${c.name}: ${e.message}`));
    const seconds = (Date.now() - begin) / 1000;
    console.log(`${c.name}: ${c.boxes.length} boxes, ${seconds.toFixed(1)} s`);
  }
  await browser.close();
  await orthanc.stop();
});
