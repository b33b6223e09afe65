// tls.mjs SPINEXR WEIGHTS: DCMTK's storescu on the node's TLS port, with certificates. A sender
// whose certificate another authority has signed, one without a certificate, one with a profile
// that is retired and one without TLS are refused; none of their films is kept.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { check, freePort, inFolder, leaveOut, main, run, until } from './peers.mjs';
import { withoutOurLibraries } from './peers.mjs';
import { copyFilm, drawFilms, startNode } from './node_service.mjs';

const [program, weights] = process.argv.slice(2);

function openssl(args) {
  const r = spawnSync('openssl', args, { encoding: 'utf8' });
  if (r.error?.code === 'ENOENT') leaveOut('openssl is not installed');
  if (r.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${r.stderr}`);
}

const keyOptions = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];

// An authority, or a certificate for 127.0.0.1 that `issuer` signs: the paths of both files.
function certificate(name, issuer) {
  const made = { crt: inFolder(`${name}.crt`), key: inFolder(`${name}.key`) };
  const common = ['req', '-x509', ...keyOptions, '-keyout', made.key, '-out', made.crt];
  const subject = ['-subj', `/CN=${name}`];
  if (!issuer) {
    openssl([...common, ...subject]);
    return made;
  }
  const request = inFolder(`${name}.csr`);
  const extensions = inFolder(`${name}.ext`);
  fs.writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl(['req', '-new', ...keyOptions, '-keyout', made.key, '-out', request, ...subject]);
  const signer = ['-CA', issuer.crt, '-CAkey', issuer.key, '-CAcreateserial'];
  openssl([
    ...['x509', '-req', '-in', request, ...signer, '-out', made.crt, '-days', '2'],
    ...['-extfile', extensions],
  ]);
  return made;
}

// Exit status and output of a sender.
function send(port, options, film) {
  const args = ['-aec', 'SPINEXR', ...options, '127.0.0.1', String(port), film.file];
  const r = spawnSync('storescu', args, {
    encoding: 'utf8',
    env: withoutOurLibraries(),
    timeout: 30000,
  });
  if (r.error?.code === 'ENOENT') leaveOut('storescu (package dcmtk) is not installed');
  return { ok: r.status === 0, text: `${r.stdout}${r.stderr}`.trim().split('\n').at(-1) };
}

function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { recursive: true }).filter((f) => /\.dcm$/.test(f));
}

await main(async () => {
  run('storescu', ['--version']);
  const authority = certificate('hospital');
  const stranger = certificate('stranger');
  const own = certificate('node', authority);
  const modality = certificate('modality', authority);
  const foreign = certificate('foreign', stranger);
  const tlsPort = await freePort();
  const tls = `tls: {certificate: ${own.crt}, key: ${own.key}, trusted: ${authority.crt}}`;
  const port = `tls_port: ${tlsPort}`;
  const sink = '  none: {host: 127.0.0.1, port: 9, ae_title: NONE, test: true}';
  const node = await startNode(program, weights, [sink], `${port}, ${tls}`);
  const [film] = drawFilms(program, 1);
  const trusting = ['+cf', authority.crt];
  const withKey = ({ key, crt }) => ['+tls', key, crt, ...trusting];

  const refused = {
    'a certificate of another authority': withKey(foreign),
    'no certificate': ['+tla', ...trusting],
    'a retired profile': [...withKey(modality), '+pa'],
    'no TLS': [],
  };
  for (const [what, options] of Object.entries(refused)) {
    const { ok, text } = send(tlsPort, options, copyFilm(film));
    check(!ok, `${what}: the film was taken`);
    console.log(`${what}: ${text}`);
  }
  const kept = () => filesBelow(path.join(node.data, 'films'));
  check(kept().length === 0, `films of senders that were refused: ${kept().join(', ')}`);

  for (const profile of ['+py', '+px']) {
    const { ok, text } = send(tlsPort, [...withKey(modality), profile], copyFilm(film));
    check(ok, `${profile}: ${text}`);
  }
  await until('two films', 60, () => kept().length === 2);

  // the sender checks the node as well
  const doubting = ['+tls', modality.key, modality.crt, '+cf', stranger.crt];
  const { ok } = send(tlsPort, doubting, copyFilm(film));
  check(!ok, 'a sender that does not trust the authority of the node sends nevertheless');
  check(kept().length === 2, `${kept().length} films`);
  await node.stop();
});
