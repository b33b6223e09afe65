// reading_alone.mjs SPINEXR [PICTURES]: a service without weights. Its pages say so where people
// look for what the networks found: in the worklist, and beside the findings of a study. Boxes of
// networks then come from a report alone. Then somebody who does not know the page reads a study,
// and readers sign in and out in a browser that they share.
// PICTURES: a folder for pictures of the pages, for a person to look at.
import { check, until } from '../peers/peers.mjs';
import { checkOtherReader } from './reading_other_reader.mjs';
import { checkPrelabels } from './reading_prelabels.mjs';
import { checkSessions } from './reading_sessions.mjs';
import { lookWith, signedIn, withRoom } from './reading_setup.mjs';
import {
  addProject,
  dragBetween,
  drawSpines,
  filmsLoaded,
  placeOfFilm,
  taskOf,
  tasksOf,
} from './reading_service.mjs';

const [program, pictures] = process.argv.slice(2);
const people = { nia: 'reader', sam: 'reader', tom: 'reader' };
const NO_WEIGHTS = 'This service has no weights: it predicts no films.';

const look = lookWith(pictures);

async function checkStudy(page, project, prelabels, says) {
  const task = (await tasksOf(page, project)).find((t) => t.prelabels === prelabels);
  check(task !== undefined, `${project}: no task with prelabels ${prelabels}`);
  if (!task) return;
  await page.goto(`/#/reading/${task.task}`);
  await page.locator(`.reading[data-task="${task.task}"]`).waitFor();
  await page.getByText(`${says} ${NO_WEIGHTS}`, { exact: true }).waitFor();
}

/** Somebody who has never seen the page reads a study of two films by what it says on its buttons,
 * from the sign-in on. */
async function checkNewReader(browser, service) {
  const began = Date.now();
  const page = await signedIn(browser, service, 'nia');
  await page.getByRole('button', { name: 'Read the next study' }).click();
  await page.locator('.reading').waitFor();
  await filmsLoaded(page);
  await page.getByRole('button', { name: /^Osteophytes/ }).click();
  const { toPage } = await placeOfFilm(page);
  await dragBetween(page, toPage(60, 100), toPage(140, 190));
  await page.getByRole('listitem').filter({ hasText: 'Osteophytes' }).nth(1).waitFor();
  await page.locator('.reading-film:not(.active)').first().click();
  await page.getByRole('button', { name: /^No finding/ }).click();
  await page.getByRole('button', { name: 'Complete, next study' }).click();
  const first = (await tasksOf(page, 'new'))[0];
  await until('the study is complete', 30, async () =>
    (await tasksOf(page, 'new')).find((t) => t.task === first.task).state === 'done');
  const { films, boxes } = await taskOf(page, first.task);
  check(boxes.length === 1 && films.length === 2, `${boxes.length} boxes, ${films.length} films`);
  const seconds = (Date.now() - began) / 1000;
  check(seconds < 120, `a study of two films took ${seconds} s`);
  await page.context().close();
}

await withRoom(program, people, async (browser, service) => {
  const spines = drawSpines(program);
  addProject(program, service, ['rita'], 'none', spines);
  addProject(program, service, ['rita'], 'before', spines, ['--prelabels', 'before']);
  const admin = await signedIn(browser, service, 'ada');
  await admin.getByRole('heading', { name: 'This service has no weights' }).waitFor();
  check(!/storescu/.test(await admin.innerText('main')), 'the page tells people to send studies');
  await look(admin, 'no-weights');
  const reader = await signedIn(browser, service, 'rita');
  await checkStudy(reader, 'none', 'none', 'Read without boxes of the networks.');
  await checkStudy(reader, 'before', 'before', 'The project has no boxes of the networks.');
  await checkPrelabels(reader, program, service, spines, look);
  addProject(program, service, ['nia'], 'new', spines);
  await checkNewReader(browser, service);
  addProject(program, service, ['sam', 'tom'], 'shared', spines, ['--confidence']);
  const shared = await signedIn(browser, service, 'sam');
  await checkSessions(shared, 'shared', service.url);
  await shared.context().close();
  const own = await signedIn(browser, service, 'sam'); // without the clock of the last one
  await checkOtherReader(own, 'shared', service.url, look);
  await own.context().close();
});
