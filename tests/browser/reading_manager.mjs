// A project of two readers, from assignment to a version: the manager locks the round and names an
// adjudicator, who takes one finding and rejects another.
import { check } from '../peers/peers.mjs';
import { checkAdjudication } from './reading_adjudication.mjs';
import { checkAdjudicationByKeys } from './reading_adjudication_keys.mjs';
import { allSaved, drawBox, filmsLoaded, openStudy, tasksOf } from './reading_service.mjs';

const button = (from, name) => from.getByRole('button', { name, exact: true });
const shown = (locator) => locator.waitFor({ state: 'visible' });

async function completeStudy(page) {
  await allSaved(page);
  await filmsLoaded(page);
  const before = await page.evaluate(() => location.hash);
  await page.keyboard.press('Enter');
  await page.waitForFunction((hash) => location.hash !== hash, before);
}

/** Reads all studies: a box on the first film, moved by `dx`, and more; "No finding" is clicked on
 * the second. */
async function readAll(page, dx, more) {
  for (const { task } of await tasksOf(page, 'pair')) {
    await openStudy(page, task);
    await drawBox(page, [60 + dx, 100, 140 + dx, 190]);
    for (const corners of more) await drawBox(page, corners);
    await page.keyboard.press('Escape');
    await page.keyboard.press('PageDown');
    await page.getByRole('button', { name: /^No finding/ }).click();
    await completeStudy(page);
  }
}

/** Nothing of the project's page is wider than its column, whatever the window has. */
async function checkWidths(page, look) {
  const usual = page.viewportSize();
  for (const width of [800, 1100, 1300, 1500, 1920]) {
    await page.setViewportSize({ width, height: usual.height });
    const wide = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('.manager section, .manager > div')]
        .map((x) => x.scrollWidth - x.clientWidth)
        .filter((more) => more > 0),
    );
    check(wide.length === 0, `project at ${width}: ${wide} pixels too wide`);
    await look(page, `manager-${width}`);
  }
  await page.setViewportSize(usual);
}

async function lockAndAdjudicate(page, look, studies) {
  await page.getByRole('link', { name: 'pair', exact: true }).click();
  await shown(page.getByRole('cell', { name: `${studies} / ${studies}`, exact: true }).first());
  await shown(page.getByText(/Fleiss' kappa of the verdicts: 1\.00/));
  await look(page, 'manager');
  await checkWidths(page, look);
  await button(page, 'Lock').click();
  await shown(page.getByText(`${2 * studies} tasks locked.`));
  await page.getByLabel('Logins of the adjudicators').fill('jo');
  await button(page, 'Adjudicate').click();
  await shown(page.getByText(`${studies} new tasks.`));
}

/** A film that is held: the manager looks at it and leaves it out, then releases it. */
async function checkHeld(page, look) {
  await page.goto('/#/projects/held');
  const row = page.locator('tr', { hasText: 'BurnedInAnnotation is Y' });
  await button(row, 'Look').click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('canvas[data-level]').waitFor();
  await look(page, 'manager-held');
  check(await button(dialog, 'Leave out').isDisabled(), 'a film is left out without a reason');
  await dialog.getByLabel('Reason').fill('a name in a corner');
  await button(dialog, 'Leave out').click();
  await shown(page.getByText('Left out: a name in a corner'));
  await button(row, 'Look').click();
  await button(dialog, 'Release to readers').click();
  await row.waitFor({ state: 'detached' });
}

/** The manager opens a study, looks at it, and answers a question, but changes nothing. */
async function checkManagerStudy(page, look) {
  await page.goto('/#/projects/pair');
  await page.locator('tr', { hasText: 'rita' }).getByRole('link').first().click();
  await page.locator('.reading').waitFor();
  await filmsLoaded(page);
  await look(page, 'manager-study');
  await page.keyboard.press('n');
  check(await button(page, 'Undo').isDisabled(), 'the manager can undo');
  await page.getByLabel('Ask a question').fill('Why is this a box?');
  await button(page, 'Send').click();
  await shown(page.locator('.comment', { hasText: 'Why is this a box?' }));
  await page.goto('/#/projects/pair');
  await shown(page.getByText('Why is this a box?'));
}

/** signedIn(login): a page of a person. */
export async function checkManager(signedIn, look) {
  const rita = await signedIn('rita');
  const studies = (await tasksOf(rita, 'pair')).length;
  await readAll(rita, 0, []);
  const sam = await signedIn('sam');
  await readAll(sam, 12, [[60, 300, 110, 350]]);
  const max = await signedIn('max');
  await lockAndAdjudicate(max, look, studies);
  await checkManagerStudy(max, look);
  await checkHeld(max, look);
  const jo = await signedIn('jo');
  await checkAdjudication(jo, look, completeStudy);
  await checkAdjudicationByKeys(jo);
}
