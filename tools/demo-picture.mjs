// demo-picture.mjs PAGE JPEG: the picture of the README, the first study on the page that
// `make demo` writes (demo-out/report.html), in Chromium. Needs the libraries of
// tools/install-peers.sh.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

process.env.SPINEXR_PEERS ??= fileURLToPath(new URL('../build-peers', import.meta.url));
const { startBrowser } = await import('../tests/browser/browser_page.mjs');

const [page, jpeg] = process.argv.slice(2);
if (!jpeg) {
  console.error('usage: demo-picture.mjs PAGE JPEG');
  process.exit(2);
}
const browser = await startBrowser();
const tab = await browser.newPage({ viewport: { width: 1200, height: 900 } });
await tab.goto(pathToFileURL(path.resolve(page)).href);
await tab.addStyleTag({ content: 'figure button { display: none }' });
const films = await tab.locator('.films').first().boundingBox();
const title = await tab.locator('h3:has(+ .films)').first().boundingBox();
const edge = 4;
const clip = {
  x: films.x - edge,
  y: title.y - edge,
  width: films.width + 2 * edge,
  height: films.y + films.height - title.y + 2 * edge,
};
await tab.screenshot({ path: jpeg, type: 'jpeg', quality: 90, fullPage: true, clip });
await browser.close();
process.exit(0); // peers.mjs would wait for its children
