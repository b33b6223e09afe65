// What administrators do on their pages: accounts, tokens, dead jobs.
import { check } from '../peers/peers.mjs';

const NEW_PASSWORD = 'eleven plus one';

const shown = (locator) => locator.waitFor({ state: 'visible' });
const row = (page, text) => page.getByRole('row').filter({ hasText: text });
const open = (page, name) => page.getByRole('link', { name, exact: true }).click();
const button = (from, name) => from.getByRole('button', { name, exact: true });

export async function checkAccounts(page, service) {
  await open(page, 'Accounts');
  await button(page, 'Add an account').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Login').fill('eva');
  await dialog.getByLabel('Name', { exact: true }).fill('Eva <b>Example</b>');
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption('physician');
  await dialog.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD);
  await dialog.locator('button[type=submit]').click();
  await shown(row(page, 'Eva <b>Example</b>').getByText('active'));
  const users = service.command(['user', 'list']);
  check(/\beva\b.*\bphysician\b/.test(users), users);
  await button(row(page, 'eva'), 'Disable').click();
  const sure = button(page.getByRole('dialog'), 'Disable');
  if (await sure.count()) await sure.click();
  await shown(row(page, 'eva').getByText('disabled', { exact: true }));
}

export async function checkTokens(page, service) {
  await open(page, 'Programs');
  await button(row(page, 'sender'), 'Revoke').click();
  await button(page.getByRole('dialog'), 'Revoke').click();
  await shown(row(page, 'sender').getByText(/^revoked/));
  const refused = await fetch(`${service.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${service.token}` },
    body: '',
  });
  check(refused.status === 401, `a revoked token: ${refused.status}`);
}

export async function checkJobs(page, get) {
  const [job] = (await get('/api/jobs?state=dead')).body.jobs;
  await open(page, 'Jobs');
  await button(row(page, job.error), 'Drop').click();
  await button(page.getByRole('dialog'), 'Drop').click();
  await row(page, job.error).waitFor({ state: 'detached' });
  const after = (await get(`/api/jobs/${job.id}`)).body;
  check(after.state === 'dropped', `the job is ${after.state}`);
}
