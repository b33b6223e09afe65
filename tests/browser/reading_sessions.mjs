// Readers who share a browser, and pages that share a session: what a page tells its reader is told
// to nobody else, and is told again when the reader signs in.
import { check } from '../peers/peers.mjs';
import { unsaved } from './reading_saving.mjs';
import { allSaved, filmsLoaded, openStudy, signInAs, tasksOf } from './reading_service.mjs';

const TOLD = 'Two pages gave different confidences: 90 is kept, 20 is not.';

const told = (page) => page.getByText(TOLD).waitFor();
const giveConfidence = (page, value) => page.locator('.confidence input').fill(String(value));
const signInPage = (page) => page.locator('main.sign-in').waitFor();

/** Two pages give different confidences: the second is told. */
async function contradict(first, second, task) {
  for (const page of [first, second]) await openStudy(page, task);
  await second.route('**/ops*', (route) => route.abort());
  await giveConfidence(second, 20);
  await unsaved(second, 1);
  await giveConfidence(first, 90);
  await allSaved(first);
  await second.unroute('**/ops*');
  await told(second);
}

/** A page that waits in vain until another one has recovered tells what is kept, too. */
async function openBesideRecovery(context, other, task) {
  await other.evaluate((name) => {
    void navigator.locks.request(name, () => new Promise(() => undefined));
  }, `spinexr-recover-${task}`);
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`/#/reading/${task}`);
  await signOutButton(page).waitFor();
  check((await page.locator('.reading').count()) === 0, 'the page did not wait for the other one');
  await page.clock.fastForward(10_000);
  await told(page);
  await page.clock.resume();
  return page;
}

const signOutButton = (page) => page.getByRole('button', { name: 'Sign out' });

async function signOut(page) {
  await signOutButton(page).click();
  await signInPage(page);
}

async function signIn(page, login) {
  await signInAs(page, login);
  await signOutButton(page).waitFor();
}

async function readNothingOf(page, task) {
  const [own] = await tasksOf(page, 'shared');
  for (const [what, address] of [['own', own.task], ['other', task]]) {
    await page.goto(`/#/reading/${address}`);
    if (what === 'own') await filmsLoaded(page);
    else await page.locator('.notice').first().waitFor();
    check((await page.getByText(TOLD).count()) === 0, `told to another reader, ${what} study`);
  }
}

/** The session has ended, and the reader signs in on one of two pages: both go on. */
async function checkSignInOnce(first, second, task, base) {
  for (const page of [first, second]) await openStudy(page, task);
  const { csrf } = await (await first.request.get('/api/session')).json();
  await first.request.delete('/api/session', { headers: { 'X-CSRF': csrf, Origin: base } });
  await giveConfidence(first, 40);
  await giveConfidence(second, 40);
  for (const page of [first, second]) await page.getByRole('dialog').waitFor();
  await signInAs(first.getByRole('dialog'), 'sam');
  for (const page of [first, second]) {
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await allSaved(page);
  }
}

export async function checkSessions(page, project, base) {
  const context = page.context();
  const [{ task }] = await tasksOf(page, project);
  const second = await context.newPage();
  await contradict(page, second, task);
  const third = await openBesideRecovery(context, page, task);
  await signOut(page);
  for (const other of [second, third]) await signInPage(other);
  await third.close();
  await signIn(page, 'tom');
  await readNothingOf(page, task);
  await signOut(page);
  await signIn(page, 'sam');
  await openStudy(page, task);
  await told(page);
  await second.reload();
  await checkSignInOnce(page, second, task, base);
  await second.close();
}
