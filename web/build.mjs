// Builds the pages: index.html, icon.svg, app.js, app.css and unpack.js in dist/, or in the folder
// that is named. `types` alone writes src/api_types.ts from api.json and reading_api.json.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { fileURLToPath } from 'node:url';

import { apiTypes } from './api_types.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const MOST_BYTES = 150_000; // of the bundle, compressed by gzip

const at = (...parts) => path.join(here, ...parts);

const typesOf = (name) => JSON.parse(fs.readFileSync(at(name), 'utf8')).types;

fs.writeFileSync(
  at('src', 'api_types.ts'),
  apiTypes({ types: { ...typesOf('api.json'), ...typesOf('reading_api.json') } }),
);
if (process.argv[2] === 'types') process.exit(0);

const { build } = await import('esbuild');
const out = path.resolve(process.argv[2] ?? at('dist'));
fs.mkdirSync(out, { recursive: true });
await build({
  entryPoints: { app: at('src', 'main.tsx'), unpack: at('src', 'reading', 'unpack_worker.ts') },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'eof',
  charset: 'utf8',
  logLevel: 'warning',
});
for (const name of ['index.html', 'icon.svg'])
  fs.copyFileSync(at('src', name), path.join(out, name));

const names = ['index.html', 'icon.svg', 'app.js', 'app.css', 'unpack.js'];
const packed = (name) => zlib.gzipSync(fs.readFileSync(path.join(out, name))).length;
const size = names.reduce((sum, name) => sum + packed(name), 0);
if (size > MOST_BYTES) {
  console.error(`the pages take ${size} bytes compressed, more than ${MOST_BYTES}`);
  process.exit(1);
}
