// orthanc.mjs SPINEXR WEIGHTS: the node between two Orthancs. Films come by C-STORE and by STOW-RS,
// from Orthanc and from dicomweb-client; results go to one archive by C-STORE with storage
// commitment and to the other by STOW-RS. In the end each study has its films and one set of
// results, in the study and of the patient of its films, and what comes back to the node changes
// nothing.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, inFolder, library, main, run, startOrthanc, until } from './peers.mjs';
import { copyFilm, filmWithBoxes, spinexr, startNode } from './node_service.mjs';

const { api } = library('dicomweb-client');
const [program, weights] = process.argv.slice(2);

const storeFiles = async (orthanc, files) => {
  for (const file of files) await orthanc.post('/instances', fs.readFileSync(file));
};

async function studyOf(orthanc, uid) {
  const [id] = await orthanc.post('/tools/lookup', uid).then((r) => r.map((x) => x.ID));
  return id;
}

// Modality -> number of instances of a study.
async function contents(orthanc, uid) {
  const id = await studyOf(orthanc, uid);
  const counts = {};
  if (!id) return counts;
  for (const s of await orthanc.get(`/studies/${id}/series`)) {
    const modality = s.MainDicomTags.Modality;
    counts[modality] = (counts[modality] ?? 0) + s.Instances.length;
  }
  return counts;
}

async function waitForResults(orthanc, study, films) {
  await until(`results of ${study}`, 60, async () => {
    const c = await contents(orthanc, study);
    return c.SR >= 1 && c.OT >= films;
  });
}

// By C-STORE.
async function sendFromOrthanc(orthanc, study) {
  await orthanc.post('/modalities/spinexr/store', await studyOf(orthanc, study));
}

async function stowFromOrthanc(orthanc, node, token, study) {
  const server = {
    Url: `http://127.0.0.1:${node.http}/dicom-web/`,
    HttpHeaders: { Authorization: `Bearer ${token}` },
  };
  await fetch(`${orthanc.url}/dicom-web/servers/node`, {
    method: 'PUT',
    body: JSON.stringify(server),
  });
  const body = JSON.stringify({ Resources: [await studyOf(orthanc, study)], Synchronous: true });
  await orthanc.post('/dicom-web/servers/node/stow', body);
}

// dicomweb-client is written for browsers: it needs their XMLHttpRequest, of which this is the part
// that a STOW request uses.
class Request {
  headers = new Headers();
  open(method, url) {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name, value) {
    this.headers.set(name, value);
  }
  getResponseHeader(name) {
    return this.answer.headers.get(name);
  }
  getAllResponseHeaders() {
    return [...this.answer.headers].map(([k, v]) => `${k}: ${v}`).join('\r\n');
  }
  async send(body) {
    this.onloadstart?.({});
    this.answer = await fetch(this.url, { method: this.method, headers: this.headers, body });
    this.status = this.answer.status;
    this.response = this.responseText = await this.answer.text();
    this.readyState = 4;
    this.onreadystatechange?.();
    this.onload?.({});
    this.onloadend?.({});
  }
}

async function stowFromClient(node, token, file) {
  globalThis.XMLHttpRequest ??= Request;
  const client = new api.DICOMwebClient({
    url: `http://127.0.0.1:${node.http}/dicom-web`,
    headers: { Authorization: `Bearer ${token}` },
  });
  const bytes = fs.readFileSync(file);
  const dataset = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const answer = await client.storeInstances({ datasets: [dataset] });
  check(JSON.stringify(answer).includes('00081199'), `dicomweb-client: ${JSON.stringify(answer)}`);
}

async function checkStudy(orthanc, study, films) {
  const id = await studyOf(orthanc, study);
  const c = await contents(orthanc, study);
  check(c.SR === 1 && c.OT === films && c.PR === films, `${study}: ${JSON.stringify(c)}`);
  const patients = new Set();
  for (const i of await orthanc.get(`/studies/${id}/instances?full`)) {
    const tags = await orthanc.get(`/instances/${i.ID}/simplified-tags`);
    patients.add(`${tags.PatientID}|${tags.PatientName}|${tags.PatientBirthDate ?? ''}`);
  }
  check(patients.size === 1, `${study}: patients ${[...patients].join(', ')}`);
}

// Patient, study, series and equipment agree in the film and its results, as the archive has them.
async function checkEntities(orthanc, study) {
  const folder = inFolder(`entities-${study}`);
  const list = inFolder(`entities-${study}.txt`);
  const files = [];
  fs.mkdirSync(folder);
  for (const i of await orthanc.get(`/studies/${await studyOf(orthanc, study)}/instances`)) {
    const answer = await fetch(`${orthanc.url}/instances/${i.ID}/file`);
    const file = `${folder}/${i.ID}.dcm`;
    fs.writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    files.push(file);
  }
  fs.writeFileSync(list, files.map((f) => `${f}\n`).join(''));
  // of the accession number it complains whatever the values are (validators.sh)
  const complaints = run('dcentvfy', ['-f', list])
    .split('\n')
    .filter((line) => line && !/=<AccessionNumber> IE <(Series|Study)> versus/.test(line));
  check(complaints.length === 0, `dcentvfy ${study}: ${complaints.join('\n')}`);
}

const instanceCount = async (orthanc) => (await orthanc.get('/statistics')).CountInstances;

await main(async () => {
  const pacs = await startOrthanc();
  const web = await startOrthanc();
  const node = await startNode(program, weights, [
    `  pacs: {host: 127.0.0.1, port: ${pacs.dicom}, ae_title: ORTHANC, test: true}`,
    `  web: {url: "${web.url}/dicom-web", test: true}`,
  ]);
  await fetch(`${pacs.url}/modalities/spinexr`, {
    method: 'PUT',
    body: JSON.stringify({ AET: 'SPINEXR', Host: '127.0.0.1', Port: node.dicom }),
  });
  await pacs.post('/modalities/spinexr/echo', '{}');
  const { film } = filmWithBoxes(program, weights);
  const films = [copyFilm(film), copyFilm(film), copyFilm(film)];
  await storeFiles(pacs, films.map((f) => f.file));
  const added = spinexr(program, ['serve', 'token', 'add', 'orthanc', '--config', node.config]);
  const token = /sxt_\S+/.exec(added)[0];

  await sendFromOrthanc(pacs, films[0].study);
  await stowFromOrthanc(pacs, node, token, films[1].study);
  await stowFromClient(node, token, films[2].file);
  for (const { study } of films) {
    await waitForResults(pacs, study, 1);
    await waitForResults(web, study, 1);
  }
  const unfinished = () => node.jobs('ready') + node.jobs('leased') + node.jobs('waiting');
  await until('everything is committed', 60, () => !/confirm|send/.test(unfinished()));
  check(!/send|confirm/.test(node.jobs('dead')), node.jobs('dead'));
  for (const { study } of films) {
    await checkStudy(pacs, study, 1);
    await checkStudy(web, study, 1);
    await checkEntities(pacs, study);
  }

  // the whole study, results too, comes back to the node
  const before = [await instanceCount(pacs), await instanceCount(web)];
  for (const { study } of films) await sendFromOrthanc(pacs, study);
  await sleep(4000); // more than the quiet time
  const after = [await instanceCount(pacs), await instanceCount(web)];
  check(String(before) === String(after), `${before} instances became ${after}`);
  check(before[1] === before[0] - 3, `${before}: films in the archive of results`);
  await node.stop();
  await Promise.all([pacs.stop(), web.stop()]);
  console.log(`3 films, ${before[1]} results in each archive`);
});
