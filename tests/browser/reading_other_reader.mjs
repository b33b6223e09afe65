// Somebody else signs in on another page of the browser while a reader's changes have not reached
// the service: they are neither refused nor given up nor sent under another name, and the page says
// who is signed in. They are saved when their reader has signed in again.
import { check } from '../peers/peers.mjs';
import { PASSWORD } from './page_service.mjs';
import { boxesAre, square } from './reading_saving.mjs';
import { allSaved, drawBox, oneFilm, openStudy, signInAs, tasksOf } from './reading_service.mjs';

const keepNothing = () => {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
};

const button = (page, name) => page.getByRole('button', { name });
const dialog = (page, name) => page.getByRole('dialog', { name });
const isOther = (page) => dialog(page, 'tom is signed in in this browser').waitFor();
const stillIn = (page) => page.getByText('You are not signed out');
const says = (page, text) => page.locator('.saved', { hasText: text }).waitFor();

/** Signs tom in without that a page of the browser is told. */
async function signInSilently(page, base) {
  const how = { headers: { Origin: base }, data: { login: 'tom', password: PASSWORD } };
  const answer = await page.request.post('/api/session', how);
  check(answer.ok(), `tom: ${answer.status()}`);
}

async function openOwn(context, task, script) {
  const page = await context.newPage();
  if (script) await page.addInitScript(script);
  await page.goto('/#/reading');
  await button(page, 'Sign out').waitFor();
  await openStudy(page, task);
  await oneFilm(page);
  return page;
}

async function goOnAsSam(page) {
  await signInAs(page.getByRole('dialog'), 'sam');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function refusedNothing(page) {
  const text = await page.innerText('body');
  check(!/Not saved|Give up|not yours/.test(text), `changes count as refused: ${text}`);
}

/** The page says that its reader is still signed in. */
async function failToSignOut(page) {
  await page.route('**/api/session', (route) =>
    route.request().method() === 'DELETE' ? route.abort('connectionrefused') : route.continue());
  await button(page, 'Sign out').click();
  await button(page, /^Go on and lose/).click();
  await stillIn(page).waitFor();
  await page.unroute('**/api/session');
}

/** What only the page has: the page stays when its reader signs out on another one. */
async function checkUnkept(context, task, look) {
  const page = await openOwn(context, task, keepNothing);
  await page.route('**/ops*', (route) => route.abort('connectionrefused'));
  await drawBox(page, square(0));
  await says(page, 'Leave this page open');
  await failToSignOut(page);
  const other = await context.newPage();
  await other.goto('/');
  await button(other, 'Sign out').click();
  await dialog(page, 'Your session has ended').waitFor();
  await stillIn(page).waitFor({ state: 'detached' }); // it is not true any more
  await signInAs(other, 'tom');
  await button(other, 'Sign out').waitFor();
  await isOther(page);
  await page.getByText(/on this page alone/).first().waitFor();
  await page.unroute('**/ops*');
  await page.waitForResponse((r) => /\/ops$/.test(r.url()) && r.status() === 403);
  await isOther(page);
  await refusedNothing(page);
  await look(page, 'other-reader');
  await goOnAsSam(page);
  await allSaved(page);
  await boxesAre(page, task, 1);
  await other.getByRole('link', { name: 'sam' }).waitFor(); // a page of sam
  await other.close();
  await page.close();
}

/** A page that was not told: the service refuses what it sends in tom's session. */
async function checkUntold(context, task, base) {
  const page = await openOwn(context, task);
  await signInSilently(page, base);
  await drawBox(page, square(1));
  await isOther(page);
  await refusedNothing(page);
  await goOnAsSam(page);
  await allSaved(page);
  await boxesAre(page, task, 2);
  await page.close();
}

const signInSam = (page, base) =>
  page.request.post('/api/session', {
    headers: { Origin: base },
    data: { login: 'sam', password: PASSWORD },
  });

/** Escape does not take the dialog away; the same person, signed in elsewhere, does. */
async function checkEscape(context, task, base) {
  const page = await openOwn(context, task);
  const { csrf } = await (await page.request.get('/api/session')).json();
  await page.request.delete('/api/session', { headers: { 'X-CSRF': csrf, Origin: base } });
  await drawBox(page, square(3));
  const ended = dialog(page, 'Your session has ended');
  await ended.waitFor();
  await ended.getByLabel('Password').focus();
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Escape');
    check((await page.locator('dialog[open]').count()) === 1, `Escape ${i + 1} closes the dialog`);
  }
  check(await ended.getByLabel('Password').evaluate((e) => e === document.activeElement),
    'Escape takes the focus away');
  await page.locator('dialog').evaluate((d) => d.close()); // as a browser's own way of closing it
  await ended.waitFor();
  await signInSam(page, base); // no page is told
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await ended.waitFor({ state: 'detached' });
  await allSaved(page);
  await boxesAre(page, task, 4);
  await page.close();
}

/** An answer of the service that comes when sam has signed in again accuses nobody. */
async function checkLateAnswer(context, task, base) {
  const page = await openOwn(context, task);
  let release = () => undefined;
  let asked = () => undefined;
  let isReleased = false;
  const released = new Promise((resolve) => (release = resolve));
  const held = new Promise((resolve) => (asked = resolve));
  // all answers that name tom: another call of the page may ask, too
  await page.route('**/api/session', async (route) => {
    if (isReleased) return route.continue();
    const response = await route.fetch();
    asked();
    await released;
    return route.fulfill({ response });
  });
  await signInSilently(page, base);
  await drawBox(page, square(4));
  await held;
  await signInSam(page, base);
  let accused = false;
  void isOther(page).then(() => (accused = true), () => undefined);
  isReleased = true;
  release();
  await allSaved(page);
  check(!accused && (await page.getByRole('dialog').count()) === 0, 'a late answer accuses tom');
  await boxesAre(page, task, 5);
  await page.close();
}

/** A page that was not told does not show the studies of somebody else as those of its reader. */
async function checkUntoldWorklist(context, base) {
  const page = await context.newPage();
  await page.goto('/#/password');
  await button(page, 'Sign out').waitFor();
  await signInSilently(page, base);
  await page.evaluate(() => (location.hash = '#/reading'));
  await isOther(page);
  check((await page.locator('main table a').count()) === 0, 'sam sees the studies of tom');
  await goOnAsSam(page);
  await page.locator('main table a').first().waitFor();
  await page.close();
}

/** A page that asks for a sign-in goes on when somebody signs in on another one. */
async function checkSignInPages(context) {
  const [page, other] = [await context.newPage(), await context.newPage()];
  for (const p of [page, other]) await p.goto('/#/reading');
  await button(page, 'Sign out').click();
  for (const p of [page, other]) await p.locator('main.sign-in').waitFor();
  await signInAs(page, 'sam');
  for (const p of [page, other]) await button(p, 'Sign out').waitFor();
  await page.close();
  await other.close();
}

/** A question that was not sent has the focus again, and is there when its study is. */
async function checkDraft(context, task) {
  const page = await openOwn(context, task);
  const field = page.getByLabel('Ask a question');
  await field.fill('Is this one?');
  await page.route('**/comments', (route) => route.abort('connectionrefused'));
  await button(page, 'Send').click();
  await page.getByText('The service cannot be reached.').waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
  await page.unroute('**/comments');
  await page.getByRole('link', { name: 'Worklist' }).click();
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  await openStudy(page, task);
  check((await field.inputValue()) === 'Is this one?', 'a question that was not sent is lost');
  await button(page, 'Send').click();
  await page.locator('.comment', { hasText: 'Is this one?' }).waitFor();
  check((await field.inputValue()) === '', 'the question that was sent is still there');
  await page.close();
}

/** The same of what the browser keeps for a study that is not open. */
async function checkKept(context, task, base) {
  const page = await openOwn(context, task);
  const worklist = await context.newPage();
  await worklist.goto('/#/reading');
  await context.route('**/ops*', (route) => route.abort('connectionrefused'));
  await drawBox(page, square(2));
  await says(page, 'Kept on this computer');
  await page.close();
  await worklist.getByText(/only on this computer/).first().waitFor();
  await signInSilently(worklist, base);
  await context.unroute('**/ops*');
  await isOther(worklist);
  await refusedNothing(worklist);
  await goOnAsSam(worklist);
  await worklist.getByText(/only on this computer/).first().waitFor({ state: 'detached' });
  await boxesAre(worklist, task, 3);
  await worklist.close();
}

/** `page`: sam is signed in there. */
export async function checkOtherReader(page, project, base, look) {
  const context = page.context();
  const { task } = (await tasksOf(page, project))[1];
  await page.goto('about:blank');
  await checkUnkept(context, task, look);
  await checkUntold(context, task, base);
  await checkKept(context, task, base);
  await checkEscape(context, task, base);
  await checkLateAnswer(context, task, base);
  await checkUntoldWorklist(context, base);
  await checkSignInPages(context);
  await checkDraft(context, task);
}
