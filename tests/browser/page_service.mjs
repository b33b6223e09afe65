// The service for the tests of its pages: real films, weights and results, people who sign in, and
// an archive that refuses results until it is told to accept them.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { freePort, inFolder, listens, start, stop, until } from '../peers/peers.mjs';

export const PASSWORD = 'correct horse battery';

/** Runs the program; it must succeed. Its output. */
function spinexr(program, args, input = '') {
  const r = spawnSync(program, args, { encoding: 'utf8', input });
  if (r.status !== 0) throw new Error(`${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout;
}

/** Draws films of three studies and predicts them: the report of `predict`. */
export function drawAndPredict(program, weights) {
  const drawn = inFolder('films');
  const out = inFolder('predicted');
  spinexr(program, [
    ...['data', 'phantom', '--out', drawn, '--count', '6', '--seed', '5', '--size', '900'],
    ...['--region', 'lumbar', '--mix', 'even', '--test', '0', '--syntax', 'explicit'],
  ]);
  const images = path.join(drawn, 'train_images');
  spinexr(program, ['predict', images, '--weights', weights, '--out', out]);
  return JSON.parse(fs.readFileSync(path.join(out, 'report.json'), 'utf8'));
}

// The values in which a drawn film names its part of the body, and others of the same length.
const bodyParts = { LSPINE: 'HAND', 'Lumbar spine': 'Left hand', 122496007: '85562004' };

/** A film like another one, whose header names a part of the body that is not the spine. */
export function otherBodyPart(file) {
  const bytes = fs.readFileSync(file);
  for (const [from, to] of Object.entries(bodyParts)) {
    let at = bytes.indexOf(from);
    if (at < 0) throw new Error(`${file}: no ${from}`);
    for (; at >= 0; at = bytes.indexOf(from)) bytes.write(to.padEnd(from.length), at, 'latin1');
  }
  const copy = inFolder('hand.dcm');
  fs.writeFileSync(copy, bytes);
  return copy;
}

// It has every instance that it is asked for.
const found = (url) => {
  const uid = new URL(url, 'http://archive').searchParams.get('SOPInstanceUID');
  return { '00080018': { vr: 'UI', Value: [uid] } };
};

/** An archive with STOW-RS and QIDO-RS. It refuses everything for good until `accepts` is true. */
export async function startArchive() {
  const archive = { port: await freePort(), accepts: false, stored: 0 };
  const server = http.createServer((request, response) => {
    const answer = (status, body) => {
      response.writeHead(status, { 'Content-Type': 'application/dicom+json' });
      response.end(JSON.stringify(body));
    };
    request.resume();
    request.on('end', () => {
      if (request.method === 'GET') return answer(200, [found(request.url)]);
      if (!archive.accepts) return answer(403, {});
      archive.stored++;
      return answer(200, {});
    });
  });
  await new Promise((resolve) => server.listen(archive.port, '127.0.0.1', resolve));
  server.unref();
  return archive;
}

function writeSettings(service, weights, archive) {
  fs.writeFileSync(
    service.config,
    [
      `data: ${service.data}`,
      ...(weights ? [`weights: [${weights}]`] : []),
      'allow_demo: true',
      `dicom: {port: ${service.dicom}}`,
      `http: {port: ${service.http}, metrics_port: 0}`,
      'study: {quiet_seconds: 1}',
      'keep: {full_percent: 99, full_gb: 0}',
      'destinations:',
      `  archive: {url: "http://127.0.0.1:${archive.port}", test: true, confirm: none}`,
      '',
    ].join('\n'),
  );
}

const people = [
  ['ada', 'admin', 'Ada Lovelace'],
  ['bob', 'physician', 'Bob Physician with a name that is much longer than names usually are'],
  ['rita', 'reader', 'Rita Reader'],
];

/** Starts a node with people of several roles; without weights, the reading room alone. */
export async function startService(program, weights, archive) {
  const service = { dicom: await freePort(), http: await freePort() };
  service.data = inFolder('data');
  service.url = `http://127.0.0.1:${service.http}`;
  service.config = inFolder('service.yaml');
  fs.mkdirSync(service.data, { mode: 0o700 });
  writeSettings(service, weights, archive);
  const command = (args, input) =>
    spinexr(program, ['serve', ...args, '--data', service.data], input);
  for (const [login, role, name] of people)
    command(['user', 'add', login, '--role', role, '--name', name], `${PASSWORD}\n`);
  service.token = command(['token', 'add', 'sender']).trim();
  service.command = command;
  service.child = start(program, ['serve', '--config', service.config]);
  await until('the service answers', 60, () => listens(service.http));
  service.stop = () => stop(service.child);
  return service;
}

/** Sends a film by STOW-RS, which acknowledges it. */
export async function sendFilm(service, file) {
  const head = '--film\r\nContent-Type: application/dicom\r\n\r\n';
  const tail = Buffer.from('\r\n--film--');
  const body = Buffer.concat([Buffer.from(head), fs.readFileSync(file), tail]);
  const r = await fetch(`${service.url}/dicom-web/studies`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${service.token}`,
      'Content-Type': 'multipart/related; type="application/dicom"; boundary=film',
    },
    body,
  });
  if (r.status !== 200) throw new Error(`${file}: ${r.status} ${await r.text()}`);
}

/** Calls of the API as a person, beside the browser. */
export async function signInToApi(service, login) {
  const signedIn = await fetch(`${service.url}/api/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: service.url },
    body: JSON.stringify({ login, password: PASSWORD }),
  });
  if (signedIn.status !== 200) throw new Error(`${login}: ${signedIn.status}`);
  const cookie = signedIn.headers.get('set-cookie').split(';')[0];
  return async (where) => {
    const r = await fetch(service.url + where, { headers: { Cookie: cookie } });
    return { status: r.status, body: r.ok ? await r.json() : await r.text() };
  };
}
