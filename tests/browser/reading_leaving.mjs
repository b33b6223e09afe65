// reading_leaving.mjs SPINEXR [PICTURES]: a page is left, or its reader signs out, while there is
// work that the service does not have: what only the page has is not lost without a question, and
// what the browser keeps is sent from any page. A browser whose database fails, is cleared or
// deleted, or never answers. PICTURES: a folder for pictures of the pages, for a person to look at.
import { check, until } from '../peers/peers.mjs';
import { square, unsaved } from './reading_saving.mjs';
import { lookWith, signedIn, withRoom } from './reading_setup.mjs';
import { checkSignOut } from './reading_sign_out.mjs';
import {
  addProject,
  allSaved,
  drawBox,
  drawSpines,
  oneFilm,
  openStudy,
  taskOf,
  tasksOf,
} from './reading_service.mjs';

const [program, pictures] = process.argv.slice(2);

// These run in the page.
const keepNothing = () => {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
};
const neverAnswer = () => {
  IDBFactory.prototype.open = () => ({});
};

const question = (page) => page.getByRole('dialog').filter({ hasText: /on this page alone/ });
const button = (page, name) => page.getByRole('button', { name });
const says = (page, text) => page.locator('.saved', { hasText: text }).waitFor();

// for all pages: each sends what the browser keeps
const away = (context) => context.route('**/ops*', (route) => route.abort('connectionrefused'));
const back = (context) => context.unroute('**/ops*');

/** A study of which nothing reaches the service. broken: makes the browser's databases fail. */
async function openAway(context, task, broken) {
  const page = await context.newPage();
  if (broken) await page.addInitScript(broken);
  await page.goto('/#/reading');
  await button(page, 'Sign out').waitFor();
  await openStudy(page, task);
  await oneFilm(page);
  await away(context);
  return page;
}

async function comeBack(page) {
  await back(page.context());
  await allSaved(page);
}

/** A question that takes the place of another one: the reader stays, and the page still asks. */
async function stayTwice(page, task) {
  await button(page, 'Sign out').click();
  await ways[0](page);
  await page.getByRole('dialog', { name: 'Sign out?' }).waitFor();
  await button(page, 'Stay').click();
  await page.waitForURL(`**/#/reading/${task}`);
  await ways[0](page);
  await question(page).waitFor();
  await button(page, 'Stay').click();
  await page.waitForURL(`**/#/reading/${task}`);
}

const ways = [
  (page) => page.getByRole('link', { name: 'Worklist' }).click(),
  (page) => page.goBack(),
  (page) => page.evaluate(() => (location.hash = '#/password')),
  (page) => button(page, 'Sign out').click(),
];

/** Each way to leave asks; after "Stay" all is as it was. */
async function checkStays(context, task, look) {
  const page = await openAway(context, task, keepNothing);
  await drawBox(page, square(0));
  await unsaved(page, 2); // the box, and the verdict of its film
  await says(page, 'Leave this page open');
  const boxes = await page.locator('.reading-film.active .reading-box').count();
  for (const leave of ways) {
    await leave(page);
    await question(page).waitFor();
    await look(page, 'leaving');
    await button(page, 'Stay').click();
    await page.waitForURL(`**/#/reading/${task}`);
    check((await page.getByRole('dialog').count()) === 0, 'a question is asked twice');
    await unsaved(page, 2);
  }
  await stayTwice(page, task);
  const now = await page.locator('.reading-film.active .reading-box').count();
  check(now === boxes, `${now} boxes, and ${boxes} before the reader stayed`);
  const session = await page.request.get('/api/session');
  check(session.status() === 200, 'the reader stayed, and the session has ended');
  await comeBack(page);
  check((await taskOf(page, task)).boxes.length === 1, 'the box was lost');
  await page.goBack(); // as before the reader stayed
  await page.waitForURL('**/#/reading');
  check((await page.getByRole('dialog').count()) === 0, 'a question without a reason');
  await page.close();
}

/** The reader leaves all the same; what is saved while the page asks is not lost. */
async function checkLeaves(context, task) {
  const page = await openAway(context, task, keepNothing);
  await drawBox(page, square(1));
  await says(page, 'Leave this page open');
  await ways[0](page);
  await button(page, /^Go on and lose/).click();
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  await back(context);
  await openStudy(page, task);
  await oneFilm(page);
  check((await taskOf(page, task)).boxes.length === 1, 'a box was saved that was given up');
  await away(context);
  await drawBox(page, square(2));
  await says(page, 'Leave this page open');
  await ways[0](page);
  await question(page).waitFor();
  await back(context);
  await page.getByRole('heading', { name: 'Reading' }).waitFor();
  check((await taskOf(page, task)).boxes.length === 2, 'the page was left before all was saved');
  await page.close();
}

/** What the browser keeps: the worklist shows it, a sign-out tells it, and it is sent. */
async function checkKept(context, task, look) {
  const page = await openAway(context, task);
  await drawBox(page, square(3));
  await says(page, 'Kept on this computer');
  await ways[0](page);
  await page.getByText('1 change is only on this computer.').waitFor();
  await page.getByText('1 change only on this computer').last().waitFor();
  await look(page, 'kept');
  await ways[3](page);
  await page.getByRole('dialog').filter({ hasText: /only on this computer/ }).waitFor();
  await look(page, 'sign-out');
  await button(page, 'Stay').click();
  await back(context);
  await page.getByText(/only on this computer/).first().waitFor({ state: 'detached' });
  check((await taskOf(page, task)).boxes.length === 3, 'the worklist has not sent the box');
  await page.close();
}

/** 0, too, if the database is not there. */
const rowsOf = (page) =>
  page.evaluate(() => new Promise((resolve) => {
    const request = indexedDB.open('spinexr-reading', 1);
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => resolve(0);
    request.onsuccess = () => {
      const all = request.result.transaction('ops').objectStore('ops').getAll();
      all.onsuccess = () => (request.result.close(), resolve(all.result.length));
    };
  }));

const deleteRows = (page) =>
  page.evaluate(() => new Promise((resolve) => {
    const request = indexedDB.deleteDatabase('spinexr-reading');
    request.onsuccess = () => resolve('deleted');
    request.onblocked = () => resolve('blocked');
  }));

async function clearData(page) {
  const cdp = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await cdp.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  await cdp.detach();
}

/** The browser's data are cleared, and its database is deleted, while a study is open. */
async function checkCleared(context, task) {
  const page = await openAway(context, task);
  const other = await context.newPage();
  await other.goto('/#/reading');
  await drawBox(page, square(4));
  await says(page, 'Kept on this computer');
  await clearData(page);
  await until('what was cleared is kept again', 20, async () => (await rowsOf(page)) > 0);
  await says(page, 'Kept on this computer');
  const how = await deleteRows(other);
  check(how === 'deleted', `the database is ${how} while a study is open`);
  await until('what was deleted is kept again', 20, async () => (await rowsOf(page)) > 0);
  await comeBack(page);
  await other.close();
  await page.close();
}

/** A database that never answers delays a study, and nothing else. */
async function checkSilent(context, task) {
  const page = await openAway(context, task, neverAnswer);
  await says(page, 'All saved. This browser keeps no changes.');
  await drawBox(page, square(5));
  await says(page, 'Leave this page open');
  await comeBack(page);
  check((await taskOf(page, task)).boxes.length === 5, 'the box was not saved');
  await page.close();
}

/** An address that changes when the page is drawn, and before it listens. */
async function checkEarlyAddress(context) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.person')) return;
      observer.disconnect();
      location.hash = '#/password';
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await page.goto('/#/reading');
  await page.getByRole('heading', { name: 'Password' }).waitFor();
  await page.close();
}

/** A service that is away when its reader signs out. */
async function checkNotSignedOut(context, task, look) {
  const page = await openAway(context, task, keepNothing);
  await drawBox(page, square(6));
  await says(page, 'Leave this page open');
  const stays = async () => {
    await ways[0](page);
    await question(page).waitFor();
    await button(page, 'Stay').click();
    await page.waitForURL(`**/#/reading/${task}`);
  };
  await checkSignOut(page, 1, stays, look);
}

await withRoom(program, {}, async (browser, service) => {
  addProject(program, service, ['rita'], 'leaving', drawSpines(program));
  const look = lookWith(pictures);
  const page = await signedIn(browser, service, 'rita');
  const context = page.context();
  const [{ task }] = await tasksOf(page, 'leaving');
  await page.close();
  await checkEarlyAddress(context);
  await checkStays(context, task, look);
  await checkLeaves(context, task);
  await checkKept(context, task, look);
  await checkCleared(context, task);
  await checkSilent(context, task);
  await checkNotSignedOut(context, task, look);
});
