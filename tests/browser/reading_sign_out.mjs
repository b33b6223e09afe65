// Signing out while the service cannot be reached: the page says that its reader is still signed
// in, loses nothing, and tries again.
import { check } from '../peers/peers.mjs';
import { unsaved } from './reading_saving.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const stillIn = (page) =>
  page.getByText('You are not signed out: the service cannot be reached.');

/** The question what is to become of the work; the reader gives it up. */
async function signOutAllTheSame(page) {
  await button(page, 'Sign out').click();
  const busy = button(page, 'Signing out…');
  await busy.waitFor();
  check(await busy.isDisabled(), 'a second click would sign out again');
  await page.getByRole('button', { name: /^Go on and lose/ }).click();
}

/** `page`: a study with changes that only the page has. `stays`: it asks before it is left. */
export async function checkSignOut(page, count, stays, look) {
  await page.route('**/api/session', (route) =>
    route.request().method() === 'DELETE' ? route.abort('connectionrefused') : route.continue());
  await signOutAllTheSame(page);
  await stillIn(page).waitFor();
  const cut = await page.locator('dialog').evaluate((d) => d.scrollWidth - d.clientWidth);
  check(cut <= 0, `${cut} pixels of the message are not seen`);
  await look(page, 'not-signed-out');
  check((await page.request.get('/api/session')).status() === 200, 'the session has ended');
  await button(page, 'Close').click();
  await button(page, 'Sign out').waitFor();
  await unsaved(page, count);
  await stays(page);
  await signOutAllTheSame(page);
  await button(page.getByRole('dialog'), 'Try again').click();
  await stillIn(page).waitFor();
  await page.unroute('**/api/session');
  await button(page.getByRole('dialog'), 'Try again').click();
  await page.locator('main.sign-in').waitFor();
  check((await page.request.get('/api/session')).status() === 401, 'the session has not ended');
}
