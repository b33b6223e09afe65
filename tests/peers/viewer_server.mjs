// Serves the pages of OHIF and, below /dicom-web/, Orthanc's DICOMweb from one address, since
// Orthanc 1.10 allows no pages of other origins.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { peerFolder } from './peers.mjs';

const types = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

// The tour and the dialogues would wait for a click.
const settings = {
  routerBasename: '/',
  extensions: [],
  modes: [],
  showStudyList: true,
  disableConfirmationPrompts: true,
  investigationalUseDialog: { option: 'never' },
  customizationService: [{ 'ohif.tours': { $set: [] } }],
  defaultDataSourceName: 'archive',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'archive',
      configuration: {
        name: 'archive',
        friendlyName: 'Orthanc',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        wadoUriRoot: '/wado',
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
      },
    },
  ],
};

// The Host header stays as it is: Orthanc makes its URLs of it.
function forward(request, response, port) {
  const { method, url, headers } = request;
  const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.writeHead(502).end());
  request.pipe(onward);
}

// A page of the viewer has a path of its own, which is no file: it is index.html.
function fileOf(root, where) {
  const file = path.join(root, path.normalize(where));
  const isFile = file.startsWith(root) && fs.statSync(file, { throwIfNoEntry: false })?.isFile();
  return isFile ? file : path.join(root, 'index.html');
}

function send(response, type, stream) {
  response.writeHead(200, { 'Content-Type': type ?? 'application/octet-stream' });
  if (typeof stream === 'string') response.end(stream);
  else stream.pipe(response);
}

/** The address of a server that runs until the test ends. */
export function serveViewer(orthancPort) {
  const root = peerFolder('ohif');
  const server = http.createServer((request, response) => {
    const where = new URL(request.url, 'http://localhost').pathname;
    if (where.startsWith('/dicom-web/')) return forward(request, response, orthancPort);
    if (where === '/app-config.js')
      return send(response, types['.js'], `window.config = ${JSON.stringify(settings)};`);
    const file = fileOf(root, where);
    return send(response, types[path.extname(file)], fs.createReadStream(file));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}
