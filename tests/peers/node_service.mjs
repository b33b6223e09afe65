// `spinexr serve` as a program beside a test, with the demonstration weights and films that are
// drawn for it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setElement, readElements, text, writeElements } from './elements.mjs';
import { freePort, inFolder, listens, start, stop, until } from './peers.mjs';

const SOP_UID = 0x00080018;
const META_SOP_UID = 0x00020003;
const STUDY_UID = 0x0020000d;
const SERIES_UID = 0x0020000e;
const WINDOW_CENTER = 0x00281050;

/** Runs the program; it must succeed. Its output. */
export function spinexr(program, args) {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout;
}

/** Paths of drawn films. crowded: each has many findings; even: half have any. */
export function drawFilms(program, count, mix = 'crowded') {
  const folder = inFolder('films');
  const what = ['--seed', '8', '--size', '800', '--region', 'lumbar', '--mix', mix];
  spinexr(program, [
    ...['data', 'phantom', '--out', folder, '--count', String(count)],
    ...what,
    ...['--test', '0', '--syntax', 'explicit'],
  ]);
  const images = path.join(folder, 'train_images');
  return fs.readdirSync(images).sort().map((name) => path.join(images, name));
}

// Pictures of narrower films have strips beside the film.
const FULL_WIDTH = 0.52; // of the height

/**
 * Of some drawn films with a window and with findings of the weights the one with the fewest, and
 * their boxes.
 */
export function filmWithBoxes(program, weights) {
  const out = inFolder('predicted');
  const films = drawFilms(program, 6, 'even');
  spinexr(program, ['predict', ...films, '--weights', weights, '--out', out]);
  const report = JSON.parse(fs.readFileSync(path.join(out, 'report.json'), 'utf8'));
  const [found] = report.studies
    .flatMap((s) => s.films)
    .filter((f) => f.findings.length && f.width > FULL_WIDTH * f.height)
    .filter((f) => !/MONOCHROME1/.test(fs.readFileSync(f.path, 'latin1')))
    .filter((f) => readElements(f.path).has(WINDOW_CENTER))
    .sort((a, b) => a.findings.length - b.findings.length);
  if (!found) throw new Error(`nothing found on ${films.length} films, half of them abnormal`);
  return { film: found.path, boxes: found.findings.map((f) => f.box) };
}

let copies = 0;

/**
 * A copy of a film in a study of its own, with UIDs of the same length, so that the meta header
 * keeps its size. `change` may replace further elements. Its path and UIDs.
 */
export function copyFilm(film, change = () => {}) {
  const elements = readElements(film);
  const number = ++copies;
  const uid = (tag) => {
    const old = elements.get(tag).value;
    const digits = `${number}`.padStart(2, '0');
    const plain = old.toString('latin1').replace(/\0$/, '');
    return text(plain.slice(0, -2) + digits, '\0');
  };
  const sop = uid(SOP_UID);
  setElement(elements, SOP_UID, 'UI', sop);
  setElement(elements, META_SOP_UID, 'UI', sop);
  setElement(elements, STUDY_UID, 'UI', uid(STUDY_UID));
  setElement(elements, SERIES_UID, 'UI', uid(SERIES_UID));
  change(elements);
  const file = inFolder(`film-${number}.dcm`);
  writeElements(file, elements);
  const plain = (tag) => elements.get(tag).value.toString('latin1').replace(/\0$/, '');
  return { file, sop: plain(SOP_UID), study: plain(STUDY_UID) };
}

/**
 * Starts a node. `destinations`: lines of YAML. `dicom`: further keys of the section, in braces.
 * Ports and settings stay when it starts again.
 */
export async function startNode(program, weights, destinations, dicom = '') {
  const node = { dicom: await freePort(), http: await freePort(), data: inFolder('data') };
  node.config = inFolder('node.yaml');
  node.configure = (lines) =>
    fs.writeFileSync(
      node.config,
      [
        `data: ${node.data}`,
        `weights: [${weights}]`,
        'allow_demo: true',
        `dicom: {port: ${node.dicom}${dicom && `, ${dicom}`}}`,
        `http: {port: ${node.http}, metrics_port: 0}`,
        'study: {quiet_seconds: 1}',
        'keep: {full_percent: 99, full_gb: 0}',
        'destinations:',
        ...lines,
        '',
      ].join('\n'),
    );
  node.start = async () => {
    node.child = start(program, ['serve', '--config', node.config]);
    await until('the node answers', 60, () => listens(node.dicom));
  };
  node.stop = () => stop(node.child);
  node.log = () => node.child.log();
  node.jobs = (state) =>
    spinexr(program, ['serve', 'jobs', 'list', '--state', state, '--config', node.config]);
  node.configure(destinations);
  await node.start();
  return node;
}
