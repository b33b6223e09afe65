// Modules of the pages, bundled for node: `folder` is the one in which the build made the pages.
import { webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Everything that the modules of src/reading export. */
async function bundledModules(folder, names) {
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

/** Everything that these modules of src/reading export. The first argument of the test is the
 * folder in which the build made the pages. Exits with status 77, which skips the test, if the
 * program was built without pages. */
export async function readingModules(names) {
  globalThis.crypto ??= webcrypto; // Debian's node 18 has no global one, as browsers do
  const [pages] = process.argv.slice(2);
  const status = fs.readFileSync(path.join(pages, 'status'), 'utf8').trim();
  if (status !== 'built') {
    console.log(`without pages: ${status}`);
    process.exit(77);
  }
  return bundledModules(pages, names);
}
