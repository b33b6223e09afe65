// What the tests with programs of others share: libraries from build-peers, ports, programs that
// run beside the test and end with it, and Orthanc as an archive.
import { spawn, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SKIPPED = 77;

/** Ends the test as one that was left out. */
export function leaveOut(why) {
  console.log(`left out: ${why}`);
  process.exit(SKIPPED);
}

const peers = process.env.SPINEXR_PEERS;

/** A library that tools/install-peers.sh has installed. */
export function library(name) {
  try {
    return createRequire(path.join(peers, 'here.js'))(name);
  } catch (e) {
    if (e.code !== 'MODULE_NOT_FOUND') throw e;
    return leaveOut(`${name} is not installed; PEERS=1 make check installs it`);
  }
}

/** A folder below build-peers. */
export function peerFolder(name) {
  const folder = path.join(peers, name);
  if (!fs.existsSync(folder)) leaveOut(`${folder} does not exist; PEERS=1 make check makes it`);
  return folder;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spinexr-peers-'));
const children = new Set();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** A new path in the test's folder. */
export const inFolder = (name) => path.join(folder, name);

/** Where a program that runs beside the test stands; `log` is its output so far. */
export function start(program, args, env = {}) {
  const log = inFolder(`${path.basename(program)}-${children.size}.log`);
  const out = fs.openSync(log, 'a');
  const child = spawn(program, args, {
    stdio: ['ignore', out, out],
    env: { ...process.env, ...env },
  });
  fs.closeSync(out);
  children.add(child);
  child.on('exit', () => children.delete(child));
  child.log = () => fs.readFileSync(log, 'utf8');
  return child;
}

/** Ends a program that runs beside the test. */
export async function stop(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill(signal);
  await ended;
}

/** Runs a program and returns its output. Another exit status than 0 fails the test. */
export function run(program, args) {
  const r = spawnSync(program, args, { encoding: 'utf8', env: withoutOurLibraries() });
  if (r.error?.code === 'ENOENT') leaveOut(`${program} is not installed`);
  if (r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
}

export function withoutOurLibraries() {
  const { LD_LIBRARY_PATH: _, ...env } = process.env;
  return env;
}

// Ports below those that the kernel gives to outgoing connections, each reserved among tests by a
// UDP socket with its number until the test ends, as in tests/support/free_port.c.
let nextPort = 10000 + (process.pid % 20000);
export async function freePort() {
  for (;;) {
    nextPort = nextPort >= 32000 ? 10000 : nextPort + 1;
    if ((await reserve(nextPort)) && (await nobodyListens(nextPort))) return nextPort;
  }
}

function reserve(port) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      resolve(true);
    });
  });
}

function nobodyListens(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0' }, () => server.close(() => resolve(true)));
  });
}

/** Waits until `test` returns something that is not false, and returns it. */
export async function until(what, seconds, test) {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(100)) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

export function listens(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}

/**
 * Orthanc with DICOMweb, AE title ORTHANC, an empty archive.
 * `peer`: the port of a node on this machine, AE title SPINEXR, that it may send to.
 */
export async function startOrthanc(peer) {
  const program = '/usr/sbin/Orthanc';
  const plugin = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
  if (!fs.existsSync(program) || !fs.existsSync(plugin))
    leaveOut('Orthanc with DICOMweb is not installed (packages orthanc, orthanc-dicomweb)');
  const orthanc = { http: await freePort(), dicom: await freePort() };
  const store = inFolder(`orthanc-${orthanc.http}`);
  fs.mkdirSync(store);
  const settings = {
    StorageDirectory: store,
    IndexDirectory: store,
    HttpPort: orthanc.http,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomAet: 'ORTHANC',
    DicomPort: orthanc.dicom,
    DicomModalities: {
      spinexr: {
        AET: 'SPINEXR',
        Host: '127.0.0.1',
        Port: peer ?? 11112,
        AllowStorageCommitment: true,
      },
    },
    Plugins: [plugin],
    DicomWeb: { Enable: true, Root: '/dicom-web/' },
  };
  const file = path.join(store, 'orthanc.json');
  fs.writeFileSync(file, JSON.stringify(settings));
  const launch = async () => {
    orthanc.child = start(program, [file], { LD_LIBRARY_PATH: '' });
    const ready = async () => (await listens(orthanc.http)) && listens(orthanc.dicom);
    await until('Orthanc answers', 60, ready);
  };
  orthanc.url = `http://127.0.0.1:${orthanc.http}`;
  orthanc.start = launch;
  orthanc.stop = () => stop(orthanc.child);
  orthanc.get = async (where) => (await fetch(orthanc.url + where)).json();
  orthanc.post = async (where, body) => {
    const r = await fetch(orthanc.url + where, { method: 'POST', body });
    if (!r.ok) throw new Error(`Orthanc, ${where}: ${r.status} ${await r.text()}`);
    return r.json();
  };
  await launch();
  return orthanc;
}

/** The cases that draw-results writes, with what a reader must find in them. */
export function drawCases(program) {
  const where = inFolder('cases');
  const r = spawnSync(program, [where], { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(r.stderr);
  const cases = JSON.parse(fs.readFileSync(path.join(where, 'expected.json'), 'utf8'));
  for (const c of cases) {
    c.folder = path.join(where, c.name);
    c.files = fs.readdirSync(c.folder).map((name) => path.join(c.folder, name));
    c.newest = c.files.filter((f) => /sr3d/.test(f)).sort().at(-1);
  }
  return cases;
}

let failures = 0;

/** A check that failed: the test goes on and fails in the end. */
export function check(ok, what) {
  if (ok) return;
  failures++;
  console.log(`FAIL  ${what}`);
}

/** Runs a test and ends the program with its result. */
export async function main(test) {
  try {
    await test();
  } catch (e) {
    failures++;
    console.log(e);
  }
  process.exit(failures ? 1 : 0);
}
