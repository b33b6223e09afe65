// pages.mjs SPINEXR WEIGHTS [PICTURES]: the pages of the service as people use them: sign-in, a
// worklist of real results, boxes at their places, opinions, a delivery tried again, a session that
// ends in between. PICTURES: a folder for pictures of the pages, for a person to look at.
import path from 'node:path';
import { check, leaveOut, main, until } from '../peers/peers.mjs';
import { checkAccounts, checkJobs, checkTokens } from './admin_pages.mjs';
import { checkAccessible, openPage, startBrowser } from './browser_page.mjs';
import { checkComparison } from './comparison_page.mjs';
import {
  drawAndPredict,
  otherBodyPart,
  PASSWORD,
  sendFilm,
  signInToApi,
  startArchive,
  startService,
} from './page_service.mjs';

const [program, weights, pictures] = process.argv.slice(2);
const NEAR = 1.5; // pixels of the screen
const COMMENT = 'Osteophyte of L4 missed <b>& "quoted"</b>';

async function look(page, name) {
  await checkAccessible(page, name);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  check(wide <= 0, `${name}: ${wide} pixels wider than the window`);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

async function signIn(page, login, password = PASSWORD) {
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(password);
  await signInButton(page).click();
}

const signInButton = (page) => page.getByRole('button', { name: 'Sign in' });
const shown = (locator) => locator.waitFor({ state: 'visible' });
const heading = (page, name) => page.getByRole('heading', { name });
const navigation = (page, name) => page.getByRole('link', { name, exact: true });

// ---- sign-in ----

async function checkSignIn(page) {
  await page.goto('/');
  await shown(signInButton(page));
  await look(page, 'sign-in');
  await signIn(page, 'bob', 'not the password');
  await shown(page.getByRole('alert'));
  await look(page, 'sign-in-failed');
  await signIn(page, 'bob');
  await shown(heading(page, 'Worklist'));
}

// ---- worklist ----

const rowOf = (page, patient) => page.getByRole('row').filter({ hasText: patient });

async function checkWorklist(page, studies) {
  for (const study of studies) {
    const row = rowOf(page, study.patient_id);
    await shown(row);
    const text = await row.innerText();
    if (study.probability !== null)
      check(text.includes(study.probability.toFixed(2)), `${study.probability}: ${text}`);
  }
  await look(page, 'worklist');
  await page.setViewportSize({ width: 1024, height: 768 });
  await look(page, 'worklist-small');
  await page.setViewportSize({ width: 820, height: 1180 });
  await look(page, 'worklist-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });
  const [first, second] = studies;
  await page.getByLabel('Patient, accession or study').fill(first.patient_id);
  await rowOf(page, second.patient_id).waitFor({ state: 'detached' });
  await shown(rowOf(page, first.patient_id));
  await page.getByLabel('Patient, accession or study').fill('nobody has this');
  await shown(page.getByText('No study matches.'));
  await page.getByLabel('Patient, accession or study').fill('');
  await shown(rowOf(page, second.patient_id));
  await checkOrder(page, studies);
}

// A click on the title of a column sorts by it; another one turns the order around.
async function checkOrder(page, studies) {
  const value = (s) => (s.state === 'dead' ? -1 : s.probability ?? -1);
  const ordered = [...studies].sort((a, b) => value(b) - value(a)).map((s) => s.study_uid);
  const title = page.getByRole('columnheader', { name: 'P(abnormal)' }).getByRole('button');
  for (const want of [ordered, [...ordered].reverse()]) {
    await title.click();
    await until(`studies in the order ${want}`, 60, async () => {
      const rows = page.locator('tr[data-study]');
      const have = await rows.evaluateAll((all) => all.map((row) => row.dataset.study));
      return String(have) === String(want);
    });
  }
  const received = page.getByRole('columnheader', { name: 'Received' });
  await received.getByRole('button').click();
}

async function checkHelp(page) {
  await heading(page, 'Worklist').click(); // away from the field, where ? is a letter
  await page.keyboard.press('?');
  await shown(page.getByRole('dialog'));
  await look(page, 'help');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

// ---- boxes ----

// Where the page shows the boxes of its films, in pixels of the film.
const placesOfBoxes = () =>
  [...document.querySelectorAll('svg[data-film]')].map((svg) => {
    const image = svg.querySelector('image');
    const film = image.getBoundingClientRect();
    const scale = film.width / image.width.baseVal.value;
    const boxes = [...svg.querySelectorAll('rect.box')].map((rect) => {
      const r = rect.getBoundingClientRect();
      const across = (x) => (x - film.left) / scale;
      const down = (y) => (y - film.top) / scale;
      return [across(r.left), down(r.top), across(r.right), down(r.bottom)];
    });
    return {
      film: svg.dataset.film,
      width: image.width.baseVal.value,
      height: image.height.baseVal.value,
      scale,
      boxes,
    };
  });

const same = (have, want, tolerance) =>
  have.length === want.length &&
  want.every((box) => have.some((h) => h.every((v, i) => Math.abs(v - box[i]) < tolerance)));

function checkFilm(film, view, predicted) {
  const { findings, width, height } = film.result;
  const boxes = findings.map((f) => f.box);
  check(view.width === width && view.height === height, `${view.width}x${view.height}`);
  const said = JSON.stringify({ have: view.boxes, want: boxes });
  check(same(view.boxes, boxes, NEAR / view.scale), `boxes of the page and the API: ${said}`);
  const reported = predicted.findings.map((f) => f.box);
  check(same(boxes, reported, 0.05), 'boxes of the API and of report.json differ');
}

async function checkBoxes(page, films, report) {
  const predicted = report.studies.flatMap((s) => s.films);
  const views = await until('pictures of the films', 60, async () => {
    const found = await page.evaluate(placesOfBoxes);
    return found.length === films.length && found.every((v) => v.scale > 0) && found;
  });
  for (const film of films) {
    const view = views.find((v) => v.film === film.sop_uid);
    checkFilm(film, view, predicted.find((p) => p.image_id === film.sop_uid));
  }
  return views;
}

// Boxes stay on their places of the film when it is zoomed and moved by the keyboard.
async function checkZoom(page, films, report) {
  const [before] = await checkBoxes(page, films, report);
  await page.locator('.frame').first().focus();
  for (const key of ['+', '+', '+', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  const [after, ...others] = await checkBoxes(page, films, report);
  check(after.scale > 1.5 * before.scale, `zoom: ${before.scale} became ${after.scale}`);
  await look(page, 'study-zoomed');
  await page.keyboard.press('0');
  return [after, ...others].reduce((n, v) => n + v.boxes.length, 0);
}

// ---- a study ----

async function openStudy(page, study) {
  await rowOf(page, study.patient_id).getByRole('link').first().click();
  await shown(heading(page, `Patient ${study.patient_id}`));
}

async function checkRefused(page, study) {
  await openStudy(page, study);
  const reason = page.getByText(/BodyPartExamined is "HAND"/).first();
  await shown(reason);
  check(!(await reason.innerText()).includes('/'), 'the reason names a file of the service');
  check((await page.getByText('Abnormal', { exact: true }).count()) === 0, 'a hand is abnormal');
  const none = page.getByText(/(No finding above|Below) threshold/);
  check((await none.count()) === 0, 'a refused film looks like one without findings');
  await look(page, 'study-refused');
  await page.goto('/');
  await shown(heading(page, 'Worklist'));
}

async function disagree(page) {
  await page.getByRole('button', { name: 'Disagree' }).click();
  await page.getByLabel('Comment').fill(COMMENT);
  await page.getByRole('button', { name: 'Save opinion' }).click();
  await shown(page.getByText('Saved.'));
}

async function checkOpinion(page, get, uid) {
  await disagree(page);
  const { opinions } = (await get(`/api/studies/${uid}`)).body;
  check(opinions.length === 1, `${opinions.length} opinions`);
  check(opinions[0].comment === COMMENT && opinions[0].agrees === false, 'another opinion is kept');
  await page.reload();
  await shown(page.getByText(COMMENT));
}

// Somebody writes and saves when the session has ended on the server; the sign-in that follows.
async function saveAfterSession(page, base, comment) {
  await page.getByLabel('Comment').fill(comment);
  const { csrf } = await (await page.request.get('/api/session')).json();
  const headers = { 'X-CSRF': csrf, Origin: base };
  const ended = await page.request.delete('/api/session', { headers });
  check(ended.status() === 204, `sign-out by another page: ${ended.status()}`);
  await page.getByRole('button', { name: /^Agree/ }).click();
  await page.getByRole('button', { name: 'Save opinion' }).click();
  const dialog = page.getByRole('dialog');
  await shown(dialog);
  await look(page, 'session-ended');
  return {
    getByLabel: (name) => dialog.getByLabel(name),
    getByRole: (role, options) => dialog.getByRole(role, options),
  };
}

// Nothing that was written is lost, and nothing is saved in the name of another person.
async function checkEndedSession(page, get, uid, base) {
  const again = await saveAfterSession(page, base, 'written before the session ended');
  await signIn(again, 'bob');
  await shown(page.getByText('Saved.'));
  await shown(page.getByText('written before the session ended'));
  await signIn(await saveAfterSession(page, base, 'of bob alone'), 'ada');
  await shown(navigation(page, 'Accounts'));
  await shown(page.getByText('written before the session ended'));
  const { opinions } = (await get(`/api/studies/${uid}`)).body;
  const saved = JSON.stringify(opinions.map((o) => [o.who, o.comment]));
  check(opinions.length === 2 && opinions.every((o) => o.who === 'bob'), `saved: ${saved}`);
}

async function checkRetry(page, get, uid, archive) {
  archive.accepts = true;
  await page.getByRole('button', { name: /Retry/ }).first().click();
  await until('the delivery', 60, async () => {
    const study = (await get(`/api/studies/${uid}`)).body;
    return study.deliveries.every((d) => d.state === 'sent') && study.jobs.length === 0;
  });
  check(archive.stored > 0, 'the archive has got nothing');
  await shown(page.getByRole('cell', { name: 'done', exact: true }).first());
  await shown(page.getByText('both count once'));
}

async function checkStudy(page, get, study, { report, archive, base }) {
  await openStudy(page, study);
  const { films } = (await get(`/api/studies/${study.study_uid}`)).body;
  const boxes = await checkZoom(page, films, report);
  check(boxes > 0, 'no box to compare');
  await shown(page.getByText('For research only, not a diagnosis').first());
  await shown(page.getByText('Demonstration weights: not for clinical use'));
  await look(page, 'study');
  await page.setViewportSize({ width: 1024, height: 768 });
  await look(page, 'study-small');
  await page.setViewportSize({ width: 1440, height: 900 });
  await checkOpinion(page, get, study.study_uid);
  await checkEndedSession(page, get, study.study_uid, base);
  await checkRetry(page, get, study.study_uid, archive);
  await look(page, 'study-sent');
  return boxes;
}

// ---- roles ----

async function signOut(page) {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await shown(signInButton(page));
  const status = (await page.request.get('/api/studies')).status();
  check(status === 401, `after sign-out: ${status}`);
}

async function checkReader(page, where) {
  await page.goto('/');
  await signIn(page, 'rita');
  await shown(page.getByRole('button', { name: 'Sign out' }));
  for (const name of ['Worklist', 'Jobs', 'Accounts', 'Comparison', 'Programs', 'Audit log'])
    check((await navigation(page, name).count()) === 0, `a reader sees ${name}`);
  await look(page, 'reader');
  await page.goto(where);
  await shown(page.getByText('There is no such page.'));
  check((await page.request.get('/api/studies')).status() === 404, 'a reader gets the studies');
  await signOut(page);
}

async function checkAdministrator(page, get, service, study) {
  await page.goto('/');
  await signIn(page, 'ada');
  await shown(heading(page, 'Worklist'));
  const links = page.getByRole('navigation').getByRole('link');
  for (const name of [...(await links.allInnerTexts()), 'Password']) {
    if (name === 'Password') await page.goto('/#/password');
    else await navigation(page, name).click();
    await shown(heading(page, name).first());
    await page.locator('p.waiting').waitFor({ state: 'detached' });
    await look(page, `admin-${name.toLowerCase().replace(' ', '-')}`);
  }
  await checkAccounts(page, service);
  await checkTokens(page, service);
  await checkJobs(page, get);
  await checkComparison(page, look, study);
  await signOut(page);
}

// ---- the test ----

// Studies called abnormal, and one film of another study whose header names a hand.
async function sendAll(service, report) {
  const abnormal = report.studies.filter((s) => s.abnormal);
  const other = report.studies.find((s) => !s.abnormal);
  for (const film of abnormal.flatMap((s) => s.films)) await sendFilm(service, film.path);
  await sendFilm(service, otherBodyPart(other.films[0].path));
}

async function studiesOf(get, count) {
  return until('the results', 60, async () => {
    const { studies } = (await get('/api/studies')).body;
    const ready = (s) => s.state !== 'open' && (s.dead_jobs > 0 || s.not_scored > 0);
    return studies.length === count && studies.every(ready) && studies;
  });
}

await main(async () => {
  const browser = await startBrowser();
  const archive = await startArchive();
  const service = await startService(program, weights, archive);
  const front = await fetch(service.url);
  if (!/id="app"/.test(await front.text())) leaveOut('this program was built without its pages');
  const report = drawAndPredict(program, weights);
  await sendAll(service, report);
  const get = await signInToApi(service, 'ada');
  const studies = await studiesOf(get, 3);
  const page = await openPage(browser, service.url);
  await checkSignIn(page);
  await checkWorklist(page, studies);
  await checkHelp(page);
  const abnormal = studies.find((s) => s.abnormal && s.findings > 0);
  await checkRefused(page, studies.find((s) => s.not_scored > 0));
  const context = { report, archive, base: service.url };
  const boxes = await checkStudy(page, get, abnormal, context);
  const where = page.url();
  await signOut(page);
  await checkReader(page, where);
  await checkAdministrator(page, get, service, abnormal);
  await browser.close();
  await service.stop();
  console.log(`${studies.length} studies, ${boxes} boxes compared`);
});
