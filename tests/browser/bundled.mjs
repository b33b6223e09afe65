// Modules of the pages, bundled for node: `folder` is the one in which the build made the pages.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Everything that the modules of src/reading export. */
export async function bundledModules(folder, names) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'spinexr-units-'));
  const out = path.join(work, 'units.mjs');
  const { buildSync } = createRequire(path.join(folder, 'here.js'))('esbuild');
  buildSync({
    stdin: {
      contents: names.map((n) => `export * from './${n}';`).join('\n'),
      resolveDir: path.join(folder, 'src', 'reading'),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: out,
    logLevel: 'error',
  });
  try {
    return await import(pathToFileURL(out).href);
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}
