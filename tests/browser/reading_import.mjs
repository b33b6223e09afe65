// What the manager brings in by the page: a new project, a study that the node received,
// annotations from a file, labels.
import fs from 'node:fs';
import path from 'node:path';
import { check, until } from '../peers/peers.mjs';
import { sendFilm } from './page_service.mjs';

const button = (from, name) => from.getByRole('button', { name, exact: true });
const shown = (locator) => locator.waitFor({ state: 'visible' });

async function receivedStudies(page) {
  return (await (await page.request.get('/api/reading/received')).json()).studies;
}

/** A project that the page begins. */
async function beginProject(page, look) {
  await page.goto('/#/projects');
  await button(page, 'New project').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Key').fill('Received 1');
  await button(dialog, 'Begin').click(); // the browser says what a key is
  check((await page.evaluate(() => location.hash)) === '#/projects', 'a key with a blank is taken');
  await dialog.getByLabel('Key').fill('spines');
  await button(dialog, 'Begin').click();
  await shown(dialog.getByText('there is a project spines already'));
  await dialog.getByLabel('Key').fill('received-1');
  await dialog.getByLabel('Name').fill('Received films');
  await dialog.getByLabel('Guide for readers').fill('Mark all.');
  await dialog.getByLabel('Readers of each study').fill('1');
  await look(page, 'manager-new');
  await button(dialog, 'Begin').click();
  await shown(page.getByRole('heading', { name: 'Received films' }));
}

async function importStudies(page, service, look) {
  const images = path.join(service.spines, 'train_images');
  for (const name of fs.readdirSync(images).sort().slice(0, 3))
    await sendFilm(service, path.join(images, name));
  await until('the films are received', 60, async () => {
    const films = (await receivedStudies(page)).reduce((sum, s) => sum + s.films, 0);
    return films === 3;
  });
  const studies = (await receivedStudies(page)).length;
  await button(page, 'Received studies…').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox').first().check();
  await look(page, 'manager-received');
  await dialog.getByRole('button', { name: /^Import \d/ }).click();
  await shown(dialog.getByText('3 new films.'));
  await button(dialog, 'Close').click();
  await shown(page.getByText(new RegExp(`^${studies} stud(y|ies), 3 films`)));
  // once more, nothing is new
  await button(page, 'Received studies…').click();
  await dialog.getByRole('checkbox').first().check();
  await dialog.getByRole('button', { name: /^Import \d/ }).click();
  await shown(dialog.getByText('0 new films, 3 known.'));
  await button(dialog, 'Close').click();
}

async function send(dialog, name, text, radId, login = 'tom', round = '1') {
  const buffer = Buffer.from(text);
  await dialog.getByLabel('File').setInputFiles({ name, mimeType: 'text/csv', buffer });
  await dialog.getByLabel('Login of the reader').fill(login);
  await dialog.getByLabel('Only the rows with this rad_id').fill(radId);
  await dialog.getByLabel('Round').fill(round);
  await button(dialog, 'Import').click();
}

/** The annotations of the drawn spines, and the first of their readers. */
function annotations(service) {
  const csv = fs.readFileSync(path.join(service.spines, 'annotations', 'train.csv'), 'utf8');
  const [head, first] = csv.split('\n').map((row) => row.split(','));
  return { csv, head: head.join(), reader: first[head.indexOf('rad_id')] };
}

async function importAnnotations(page, service, look) {
  const { csv, head, reader } = annotations(service);
  await page.goto('/#/projects/spines');
  await button(page, 'Annotations…').click();
  const dialog = page.getByRole('dialog');
  await send(dialog, 'marks.csv', `${head}\nx\n`, '');
  await shown(dialog.getByText(/^marks\.csv/));
  await look(page, 'manager-annotations');
  await send(dialog, 'marks.csv', csv, reader);
  await shown(dialog.getByText(/^\d+ films? with \d+ box(es)?, \d+ stud(y is|ies are) complete/));
  await button(dialog, 'Close').click();
  await shown(page.getByRole('row', { name: /^tom Reading 1 .* \d+ \/ \d+/i }));
  await button(page, 'Annotations…').click();
  await send(dialog, 'marks.csv', csv, reader);
  await shown(dialog.getByText(/tom has read its study already in round 1/));
  await button(dialog, 'Close').click();
}

/** Two rounds are imported; a version has one of them. */
async function versionsOfRounds(page, service) {
  const { csv, reader } = annotations(service);
  await page.goto('/#/projects/windows');
  await button(page, 'Annotations…').click();
  const dialog = page.getByRole('dialog');
  for (const [login, round] of [['gus', '1'], ['sam', '2']]) {
    await send(dialog, 'marks.csv', csv, reader, login, round);
    await shown(dialog.getByText(/, [1-9]\d* stud(y is|ies are) complete/));
    await shown(page.getByText(login, { exact: true }).first());
  }
  await button(dialog, 'Close').click();
  const form = page.locator('form', { hasText: 'Name of the version' });
  const make = async (tag, round) => {
    await form.getByLabel('Name of the version').fill(tag);
    await form.getByLabel('Round (if there are several)').fill(round);
    await button(form, 'Make a version').click();
  };
  await make('all', '');
  await shown(form.getByText(/rounds 1 to 2 are selected/));
  for (const round of ['1', '2']) {
    await make(`round-${round}`, round);
    const version = page.locator('li', { hasText: `round-${round}` });
    await shown(version.getByText(new RegExp(`readings, round ${round} `)));
  }
  await make('none', '3');
  await shown(form.getByText(/no complete task/));
}

/** A label with an attribute, and a tag of studies. */
async function addLabels(page, look) {
  const dialog = page.getByRole('dialog');
  await page.goto('/#/projects/spines');
  await page.getByText('Labels', { exact: true }).click();
  await button(page, 'New label').click();
  // the service counts bytes: three in each of these letters
  await dialog.getByLabel('Name').fill('ố'.repeat(90));
  const most = await dialog.getByLabel('Name').inputValue();
  check(most === 'ố'.repeat(40), `a name of ${most.length} letters of three bytes each`);
  await button(dialog, 'Add').click();
  await shown(page.getByRole('row', { name: new RegExp(`^${most} boxes`) }));
  await button(page, 'New label').click();
  await dialog.getByLabel('Name').fill('Schmorl node');
  await dialog.getByLabel('Key').selectOption('Digit1');
  await dialog.getByLabel('Attributes').fill('acute, old');
  await button(dialog, 'Add').click();
  await shown(dialog.getByText('another label has the key 1'));
  await dialog.getByLabel('Key').selectOption('Digit8');
  await look(page, 'manager-label');
  await button(dialog, 'Add').click();
  await shown(page.getByRole('row', { name: /^Schmorl node boxes 8 acute, old/ }));
  await button(page, 'Attributes of Fracture').click();
  await dialog.getByRole('textbox').fill('healed');
  await button(dialog, 'Add').click();
  await shown(page.getByRole('row', { name: /^Fracture .* healed/ }));
  await button(page, 'New label').click();
  await dialog.getByLabel('Marks').selectOption('study');
  await dialog.getByLabel('Name').fill('Scoliosis');
  await button(dialog, 'Add').click();
  await shown(page.getByRole('row', { name: /^Scoliosis studies/ }));
  await button(page, 'Retire Ankylosis').click();
  await shown(page.getByText('retired: not for new marks'));
  await button(page, 'Use again Ankylosis').click();
  await page.getByText('retired: not for new marks').waitFor({ state: 'detached' });
  await look(page, 'manager-labels');
}

export async function checkImport(page, service, look) {
  await beginProject(page, look);
  await importStudies(page, service, look);
  await importAnnotations(page, service, look);
  await versionsOfRounds(page, service);
  await addLabels(page, look);
}
