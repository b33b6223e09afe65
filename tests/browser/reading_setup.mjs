// What tests of the reading room have in common that need no weights: a service with readers, and a
// browser.
import path from 'node:path';
import { leaveOut, main } from '../peers/peers.mjs';
import { checkAccessible, openPage, startBrowser } from './browser_page.mjs';
import { PASSWORD, startService } from './page_service.mjs';
import { signInAs } from './reading_service.mjs';

/** Runs `work`, as a program. people: roles by logins, beside those of page_service.mjs. */
export const withRoom = (program, people, work) =>
  main(async () => {
    const browser = await startBrowser();
    const service = await startService(program, '', { port: 9 }); // nothing is delivered
    const front = await fetch(service.url);
    if (!/id="app"/.test(await front.text())) leaveOut('this program was built without its pages');
    for (const [login, role] of Object.entries(people))
      service.command(['user', 'add', login, '--role', role], `${PASSWORD}\n`);
    await work(browser, service);
    await browser.close();
    await service.stop();
  });

/** A page with cookies of its own, on which `login` is signed in. script: runs in all its pages;
 * the rest as for openPage. */
export async function signedIn(browser, service, login, { script, ...options } = {}) {
  const page = await openPage(browser, service.url, options);
  if (script) await page.context().addInitScript(script);
  await page.goto('/');
  await signInAs(page, login);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

/** Looks at a page for a test, and for a person if there is a folder for pictures. */
export const lookWith = (pictures) => async (page, name) => {
  await checkAccessible(page, name);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
};
