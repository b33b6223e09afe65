// A service with projects of the reading room: films in every kind of grey scale, which gus reads,
// drawn spines, which rita and tom read, and the same for both rita and sam. max manages, jo
// adjudicates.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inFolder, listens, start, stop, until } from '../peers/peers.mjs';
import { PASSWORD, startService } from './page_service.mjs';

export function runProgram(program, args) {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout;
}

/** A project of a data set, with a study for each of its readers. */
export function addProject(program, service, readers, key, set, options = []) {
  const data = ['--data', service.data];
  const init = ['--readers', String(readers.length), '--order', 'given', ...options];
  runProgram(program, ['reading', 'init', key, ...init, ...data]);
  runProgram(program, ['reading', 'import', key, set, ...data]);
  const who = readers.flatMap((reader) => ['--reader', reader]);
  runProgram(program, ['reading', 'assign', key, ...who, ...data]);
}

/** The folder of a small data set of two films per study. */
export function drawSpines(program) {
  const out = inFolder('spines');
  const how = ['--seed', '11', '--size', '700', '--region', 'lumbar', '--mix', 'even'];
  const files = ['--count', '6', '--test', '0', '--syntax', 'explicit'];
  runProgram(program, ['data', 'phantom', '--out', out, ...how, ...files]);
  return out;
}

/** The same films, of which one says that something is burned into it. */
function withBurnedIn(set) {
  const out = inFolder('burned-in');
  fs.cpSync(set, out, { recursive: true });
  const images = path.join(out, 'train_images');
  const file = path.join(images, fs.readdirSync(images).sort()[0]);
  const bytes = fs.readFileSync(file);
  const at = bytes.indexOf(Buffer.from('\x28\0\x01\x03CS\x02\0NO', 'latin1'));
  if (at < 0) throw new Error(`${file} has no BurnedInAnnotation`);
  bytes.write('Y ', at + 8, 'latin1');
  fs.writeFileSync(file, bytes);
  return out;
}

const people = [
  ['gus', 'reader'],
  ['sam', 'reader'],
  ['tom', 'reader'],
  ['max', 'manager'],
  ['jo', 'adjudicator'],
];

export const GUIDE = 'Mark osteophytes of 2 mm or more.';

export async function startReading(program, weights, drawGreys) {
  const greys = inFolder('greys');
  runProgram(drawGreys, [greys]);
  const service = await startService(program, weights, { port: 9 }); // nothing is delivered
  for (const [login, role] of people)
    service.command(['user', 'add', login, '--role', role], `${PASSWORD}\n`);
  const spines = drawSpines(program);
  addProject(program, service, ['rita'], 'spines', spines, ['--confidence']);
  addProject(program, service, ['gus'], 'greys', greys);
  const guide = inFolder('guide.txt');
  fs.writeFileSync(guide, `${GUIDE}\n`);
  addProject(program, service, ['tom'], 'windows', spines, ['--guide', guide]);
  service.spines = spines;
  service.addStudyTag = (name) => {
    const how = ['--add', '--kind', 'study', '--data', service.data];
    runProgram(program, ['reading', 'label', 'spines', name, ...how]);
  };
  service.addPair = () => addProject(program, service, ['rita', 'sam'], 'pair', spines);
  service.addHeld = () => addProject(program, service, ['sam'], 'held', withBurnedIn(spines));
  service.greys = fs.readdirSync(greys).filter((name) => name.endsWith('.grey')).sort()
    .map((name) => fs.readFileSync(path.join(greys, name)));
  service.kill = () => stop(service.child, 'SIGKILL');
  service.again = async () => {
    service.child = start(program, ['serve', '--config', service.config]);
    await until('the service answers again', 60, () => listens(service.http));
  };
  service.end = () => stop(service.child);
  return service;
}

/** Signs in on a page that asks for it. */
export async function signInAs(page, login) {
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The reader's tasks of a project, in their order. */
export async function tasksOf(page, project) {
  const { tasks } = await (await page.request.get('/api/reading/tasks')).json();
  return tasks.filter((t) => t.project === project).sort((a, b) => a.number - b.number);
}

export async function taskOf(page, task) {
  const answer = await page.request.get(`/api/reading/tasks/${task}`);
  if (!answer.ok()) throw new Error(`task ${task}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** Opens a study and waits for the films that are shown. */
export async function openStudy(page, task) {
  await page.goto(`/#/reading/${task}`);
  await page.locator(`.reading[data-task="${task}"]`).waitFor();
  await filmsLoaded(page);
}

/** All pixels of the films that are shown are there, and each film has its place in its frame. */
export const filmsLoaded = (page) =>
  page.waitForFunction(() => {
    const films = [...document.querySelectorAll('.reading-films > figure')];
    const placed = (f) => {
      const frame = f.querySelector('.reading-frame:not([data-painter=""])');
      const overlay = frame?.querySelector(':scope > svg');
      return overlay
        && Number(overlay.getAttribute('width')) === frame.clientWidth
        && Number(overlay.getAttribute('height')) === frame.clientHeight;
    };
    return films.length > 0 && films.every((f) => placed(f) && !/preview/.test(f.innerText));
  });

/** Shows one film alone, and waits until it has its place. */
export async function oneFilm(page) {
  if ((await page.locator('.reading-films > figure').count()) > 1) await page.keyboard.press('s');
  await page.waitForFunction(() => document.querySelectorAll('.reading-frame').length === 1);
  await filmsLoaded(page);
}

/** All is saved on the service. */
export const allSaved = (page) => page.locator('.saved[data-unsaved="0"]').waitFor();

// ---- places on films ----

const invert = ([a, b, c, d, e, f], x, y) => {
  const det = a * d - b * c;
  return [(d * (x - e) - c * (y - f)) / det, (a * (y - f) - b * (x - e)) / det];
};

/** Where the active film is: its frame on the page, and its matrix. */
export async function placeOfFilm(page) {
  const frame = page.locator('.reading-film.active .reading-frame');
  const box = await frame.boundingBox();
  const matrix = (await frame.getAttribute('data-matrix')).split(' ').map(Number);
  return {
    box,
    matrix,
    toFilm: (x, y) => invert(matrix, x - box.x, y - box.y),
    toPage: (x, y) => {
      const [a, b, c, d, e, f] = matrix;
      return [a * x + c * y + e + box.x, b * x + d * y + f + box.y];
    },
  };
}

/** Draws a box between two places of the page. */
export async function dragBetween(page, [x0, y0], [x1, y1]) {
  await page.mouse.move(x0, y0);
  await page.mouse.down();
  await page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2);
  await page.mouse.move(x1, y1);
  await page.mouse.up();
}

/** Draws a box with these corners on the active film. */
export async function drawBox(page, [x0, y0, x1, y1]) {
  const { toPage } = await placeOfFilm(page);
  await page.keyboard.press('Escape'); // no box is chosen, so that none is moved
  await dragBetween(page, toPage(x0, y0), toPage(x1, y1));
}
