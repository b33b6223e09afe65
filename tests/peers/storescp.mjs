// storescp.mjs SPINEXR WEIGHTS: DCMTK's storescp as an archive that misbehaves. It refuses the
// association, aborts it during or after an object, does not go on after the first object, or says
// success and keeps nothing. A refusal that is permanent makes the job dead; otherwise it waits for
// its next attempt, with the reason and without a busy loop. When an archive that works takes the
// place, and a person has retried the dead job, what is missing arrives there.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, freePort, inFolder, main, run, start, stop, until } from './peers.mjs';
import { filmWithBoxes, spinexr, startNode } from './node_service.mjs';

const [program, weights] = process.argv.slice(2);
const MESSAGE_SECONDS = 3;
const KINDS = ['PSg', 'SC', 'SR3']; // how storescp begins its file names

// `error`: what the job says of the fault. `dead`: it says that it is permanent.
const faults = {
  refuse: { options: ['--refuse'], error: /Rejected Permanent/, dead: true },
  abort_during: { options: ['--abort-during'], error: /abort|reset|Broken pipe/i },
  abort_after: { options: ['--abort-after'], error: /abort|reset|Broken pipe/i },
  sleep: { options: ['--sleep-after', '120'], error: /time|answer/i },
  ignore: { options: ['--ignore'], error: null }, // success: only a question finds it out
};

async function startArchives() {
  for (const [name, a] of Object.entries(faults)) {
    a.port = await freePort();
    a.folder = inFolder(name);
    fs.mkdirSync(a.folder);
    a.child = startArchive(a, a.options);
  }
}

const startArchive = (a, options) =>
  start('storescp', ['-aet', 'ARCHIVE', '-od', a.folder, ...options, String(a.port)], {
    LD_LIBRARY_PATH: '',
  });

const destination = (name, confirm) =>
  `  ${name}: {host: 127.0.0.1, port: ${faults[name].port}, ae_title: ARCHIVE, test: true, ` +
  `confirm: ${confirm}}`;

function jobsTo(node, name) {
  const list = ['serve', 'jobs', 'list', '--json', '--config', node.config];
  const all = JSON.parse(spinexr(program, list));
  return (all.jobs ?? all).filter((job) => job.destination === name);
}

const kindsIn = (folder) => new Set(fs.readdirSync(folder).map((f) => f.split('.')[0]));

// A job that waits for its next attempt, or is being tried, with the reason of the last one.
async function checkFault(node, name) {
  const { error, folder, dead } = faults[name];
  const job = await until(`${name}: a failed attempt`, 60, () => {
    const [found] = jobsTo(node, name);
    return found?.error && found;
  });
  check(error.test(job.error), `${name}: ${job.error}`);
  const states = dead ? ['dead'] : ['waiting', 'leased', 'ready'];
  check(states.includes(job.state), `${name}: ${job.state}`);
  check(job.attempts <= 3, `${name}: ${job.attempts} attempts at once`);
  return `${name}: ${job.error.replaceAll('\n', '; ')}; ${fs.readdirSync(folder).length} objects`;
}

async function checkArrival(name) {
  const { folder } = faults[name];
  await until(`${name}: results`, 150, () => fs.readdirSync(folder).length >= KINDS.length);
  await sleep(500);
  const files = fs.readdirSync(folder);
  check(files.length === KINDS.length, `${name}: ${files.join(', ')}`);
  check(KINDS.every((kind) => kindsIn(folder).has(kind)), `${name}: ${files.join(', ')}`);
  for (const file of files) run('dcmftest', [`${folder}/${file}`]);
}

await main(async () => {
  await startArchives();
  const lines = Object.keys(faults).map((name) =>
    destination(name, name === 'ignore' ? 'find' : 'none'),
  );
  const dicom = `message_seconds: ${MESSAGE_SECONDS}`;
  const node = await startNode(program, weights, lines, dicom);
  const { film } = filmWithBoxes(program, weights);
  run('storescu', ['-aec', 'SPINEXR', '127.0.0.1', String(node.dicom), film]);
  const broken = Object.keys(faults).filter((name) => faults[name].error);
  for (const name of broken) console.log(await checkFault(node, name));

  for (const name of broken) {
    await stop(faults[name].child);
    faults[name].child = startArchive(faults[name], []);
  }
  const jobs = broken.flatMap((name) => jobsTo(node, name));
  for (const { id } of jobs.filter((job) => job.state === 'dead'))
    spinexr(program, ['serve', 'jobs', 'retry', String(id), '--config', node.config]);
  // what was acknowledged and not kept is never taken for confirmed
  const asked = await until('ignore: a question', 60, () => {
    const job = jobsTo(node, 'ignore').find((j) => j.kind === 'confirm');
    return job?.error && job;
  });
  console.log(`ignore: ${asked.error}`);
  check(fs.readdirSync(faults.ignore.folder).length === 0, 'storescp --ignore kept something');

  for (const name of broken) await checkArrival(name);
  const left = () => broken.flatMap((name) => jobsTo(node, name));
  await until('all sent', 60, () => left().length === 0);
  await node.stop();
  console.log(`${broken.length} archives have ${KINDS.length} results each`);
});
