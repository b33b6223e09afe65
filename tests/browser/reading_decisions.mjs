// Decisions of an adjudicator that do not reach the service, that it refuses, or that another page
// of the adjudicator contradicts: what the page says of them, and how long.
import { check } from '../peers/peers.mjs';
import {
  allSaved,
  drawBox,
  openStudy,
  runProgram,
  taskOf,
  tasksOf,
} from './reading_service.mjs';
import { signedIn } from './reading_setup.mjs';

const SIZE = { width: 1100, height: 700 };

const rowsOf = (page) => page.locator('.clusters > li');
const press = (within, name) => within.getByRole('button', { name, exact: true }).click();
const goAway = (page) => page.route('**/decisions', (route) => route.abort('connectionrefused'));
const comeBack = (page) => page.unroute('**/decisions');

async function startAdjudication(program, browser, service, spines) {
  const data = ['--data', service.data];
  runProgram(program, ['reading', 'init', 'both', '--readers', '2', '--order', 'given', ...data]);
  runProgram(program, ['reading', 'import', 'both', spines, ...data]);
  for (const reader of ['sam', 'tom'])
    runProgram(program, ['reading', 'import', 'both', spines, '--as', reader, ...data]);
  const max = await signedIn(browser, service, 'max');
  const { csrf } = await (await max.request.get('/api/session')).json();
  const headers = { 'X-CSRF': csrf, Origin: service.url };
  const call = async (what, body) => {
    const to = `/api/reading/projects/both/${what}`;
    const answer = await max.request.post(to, { headers, data: body });
    check(answer.ok(), `${what}: ${answer.status()} ${await answer.text()}`);
  };
  await call('lock', { round: 1 });
  await call('adjudication', { adjudicators: ['jo'], round: 1 });
  await max.context().close();
}

/** Opens the first task with a film on which the readers have a finding. */
async function openClusters(page) {
  for (const { task } of await tasksOf(page, 'both')) {
    await openStudy(page, task);
    await page.getByText(/^Verdicts: /).waitFor();
    if ((await page.getByRole('button', { name: 'Take the median' }).count()) > 1) return task;
  }
  throw new Error('no study has two findings on its first film');
}

async function reject(page, row, reason) {
  await press(row, 'Reject');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Why is it rejected?').fill(reason);
  await press(dialog, 'Reject');
}

/** They are said to be unsaved, and sent again. */
async function checkUnsent(page, task, look) {
  const rows = rowsOf(page);
  await goAway(page);
  await press(rows.nth(0), 'Take the median');
  await page.getByText(/^1 decision is not saved\. Leave this page open/).waitFor();
  const line = page.locator('.saved.warn');
  await line.getByText('1 decision unsaved, on this page alone: the service cannot be reached')
    .waitFor();
  await reject(page, rows.nth(1), 'a shadow');
  await page.getByText(/^2 decisions are not saved\./).waitFor();
  // what is loaded meanwhile does not take the message away
  await drawBox(page, [20, 20, 60, 60]);
  await page.locator('.saved[data-unsaved="2"]').waitFor();
  check(await page.getByText(/^2 decisions are not saved\./).isVisible(), 'the message is gone');
  await look(page, 'decisions');
  await page.getByRole('link', { name: 'Worklist' }).click();
  await page.getByText('2 changes are on this page alone and have not reached the service.')
    .waitFor();
  await press(page, 'Stay');
  await comeBack(page);
  await allSaved(page);
  await rows.nth(0).getByText(/^median taken/).waitFor();
  await rows.nth(1).getByText('rejected: a shadow').waitFor();
  const answer = await page.request.get(`/api/reading/tasks/${task}/clusters`);
  const made = (await answer.json()).clusters.map((c) => c.decided?.decision ?? '');
  check(made[0] === 'merge' && made[1] === 'reject', `the service has ${made}`);
}

/** A refusal is said where it belongs, until that is decided or taken back. */
async function checkRefused(page, look) {
  const rows = rowsOf(page);
  const said = page.getByText('Not decided: no such finding');
  await page.route('**/decisions', (route) =>
    route.fulfill({ status: 409, json: { error: 'no such finding' } }));
  await press(rows.nth(1), 'Change');
  await press(rows.nth(1), 'Take the median');
  await rows.nth(1).getByText('Not decided: no such finding').waitFor();
  await drawBox(page, [70, 20, 90, 60]);
  await allSaved(page);
  check(await said.isVisible(), 'the refusal is gone');
  await look(page, 'refused');
  await comeBack(page);
  await press(rows.nth(0), 'Change');
  await press(rows.nth(0), 'Take R1');
  await rows.nth(0).getByText(/^taken/).waitFor();
  check(await said.isVisible(), 'another decision took the refusal away');
  await press(rows.nth(1), 'Change');
  await press(rows.nth(1), 'Take the median');
  await rows.nth(1).getByText(/^median taken/).waitFor();
  check((await said.count()) === 0, 'the refusal is said after the finding is decided');
  // undone, there is no decision that the service could have refused
  await page.route('**/decisions', (route) =>
    route.fulfill({ status: 409, json: { error: 'no such finding' } }));
  await press(rows.nth(1), 'Change');
  await press(rows.nth(1), 'Take R1');
  await said.waitFor();
  await page.keyboard.press('Control+z');
  await said.waitFor({ state: 'detached' });
  await comeBack(page);
  await allSaved(page);
}

/** The box of a decision that waits is deleted on another page, which decides otherwise. */
async function checkTwoPages(page, task, look) {
  const other = await page.context().newPage();
  await openStudy(other, task);
  const [row, theirs] = [page, other].map((p) => rowsOf(p).nth(0));
  await theirs.getByText(/^taken/).waitFor();
  await goAway(page);
  const loaded = other.waitForResponse((r) => /\/clusters$/.test(r.url()));
  await press(row, 'Change');
  await press(row, 'Take the median');
  await loaded;
  await theirs.getByText(/^taken/).waitFor({ state: 'detached' });
  await reject(other, theirs, 'no finding');
  await theirs.getByText('rejected: no finding').waitFor();
  await comeBack(page);
  await row.getByText(/^Not decided: another page has deleted the box/).waitFor();
  await row.getByText('rejected: no finding').waitFor();
  await look(page, 'two-pages');
  await press(row, 'Dismiss');
  await row.getByText(/^Not decided/).waitFor({ state: 'detached' });
  await other.close();
}

const rejectedLate = 'Not decided: this was decided otherwise meanwhile';

/** Another page shows what this one decides; where it was not told, it does not replace it. */
async function checkDecidedElsewhere(page, task, look) {
  const other = await page.context().newPage();
  await openStudy(other, task);
  const [row, theirs] = [page, other].map((p) => rowsOf(p).nth(1));
  await theirs.getByText(/^median taken/).waitFor();
  await press(row, 'Change');
  await reject(page, row, 'a shadow');
  await theirs.getByText('rejected: a shadow').waitFor();
  await press(row, 'Change');
  await reject(page, row, 'an artefact'); // this changes no box
  await theirs.getByText('rejected: an artefact').waitFor();
  const before = (await taskOf(page, task)).boxes.length;
  // a page of another browser would not be told
  await other.evaluate(() => (BroadcastChannel.prototype.postMessage = () => undefined));
  await press(theirs, 'Change');
  await reject(other, theirs, 'nothing');
  await theirs.getByText('rejected: nothing').waitFor();
  await press(row, 'Change');
  await press(row, 'Take the median');
  await row.getByText(rejectedLate).waitFor();
  await row.getByText('rejected: nothing').waitFor();
  await look(page, 'decided-elsewhere');
  await allSaved(page);
  const after = (await taskOf(page, task)).boxes.length;
  check(after === before, `${after} boxes, and ${before} before the decision came too late`);
  await press(row, 'Change');
  await press(row, 'Take the median');
  await row.getByText(/^median taken/).waitFor();
  await press(theirs, 'Change');
  await theirs.getByRole('button', { name: 'Reject', exact: true }).waitFor();
  await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await theirs.getByText(/^median taken/).waitFor(); // seen again
  await other.close();
}

export async function checkDecisions(program, browser, service, spines, look) {
  await startAdjudication(program, browser, service, spines);
  const page = await signedIn(browser, service, 'jo', SIZE);
  const task = await openClusters(page);
  await checkUnsent(page, task, look);
  await checkRefused(page, look);
  await checkDecidedElsewhere(page, task, look);
  await checkTwoPages(page, task, look);
  await page.context().close();
}
