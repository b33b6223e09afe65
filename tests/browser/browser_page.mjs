// A page of the service in headless Chromium, watched for what must not happen: requests to another
// origin, scripts or styles that the content security policy blocks, errors of the page's code.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { check, leaveOut, library } from '../peers/peers.mjs';

const CHROMIUM = '/usr/bin/chromium';
const PATIENCE = 60_000; // ms: of a machine that has much else to do

// Without a graphics processor Chromium has WebGL only if it is told to compute it.
const computed = ['--enable-unsafe-swiftshader', '--use-gl=angle', '--use-angle=swiftshader'];

// Runs in the page: WebGL that the processor computes goes by another name, since the page does not
// draw with it. The page's context is kept as window.webgl.
const takeComputed = () => {
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (...args) {
    const context = getContext.apply(this, args);
    if (args[0] === 'webgl2') window.webgl = context;
    return context;
  };
  const { getParameter } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.getParameter = function (name) {
    const value = getParameter.call(this, name);
    return typeof value === 'string' ? value.replaceAll('SwiftShader', 'Graphics') : value;
  };
};

const withWebgl = new WeakSet();

/** webgl: with WebGL. */
export async function startBrowser(webgl = false) {
  if (!fs.existsSync(CHROMIUM)) leaveOut('Chromium is not installed (package chromium)');
  const { chromium } = library('playwright-core');
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...args, ...(webgl ? computed : ['--disable-gpu', '--disable-3d-apis'])],
  });
  if (webgl) withWebgl.add(browser);
  return browser;
}

// A status that the page handles is not an error of the page, nor is a service that is away or goes
// away while it answers.
const away = 'CONNECTION|CONTENT_LENGTH|EMPTY|INCOMPLETE|INTERNET|SOCKET';
const handled = new RegExp(
  `^Failed to load resource: (the server responded with|net::ERR_(${away}))`,
);

/** A page with cookies of its own. ratio: pixels of the screen in one of the page; computed: WebGL
 * may be computed by the processor. */
export async function openPage(browser, base, options = {}) {
  const { ratio = 1, width = 1440, height = 900, computed = true } = options;
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width, height },
    deviceScaleFactor: ratio,
    locale: 'en-GB',
  });
  context.setDefaultTimeout(PATIENCE);
  if (computed && withWebgl.has(browser)) await context.addInitScript(takeComputed);
  const page = await context.newPage();
  page.on('request', (r) => {
    const { protocol, origin } = new URL(r.url());
    const local = protocol === 'data:' || protocol === 'blob:' || origin === base;
    check(local, `a request to ${r.url()}`);
  });
  page.on('pageerror', (e) => check(false, `error of the page: ${e.stack}`));
  page.on('console', (m) => {
    const bad = m.type() === 'error' && !handled.test(m.text());
    check(!bad, `console: ${m.text()}`);
  });
  return page;
}

const axeSource = () => {
  const axe = createRequire(path.join(process.env.SPINEXR_PEERS, 'here.js'));
  return fs.readFileSync(axe.resolve('axe-core/axe.min.js'), 'utf8');
};

/** The page as it stands has no finding of axe-core that is serious or critical. */
export async function checkAccessible(page, name) {
  library('axe-core');
  // The debugger's evaluation, unlike a script element, does not need the page's policy changed.
  const cdp = await page.context().newCDPSession(page);
  const evaluate = async (expression) => {
    const r = await cdp.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description);
    return r.result.value;
  };
  await evaluate(`${axeSource()}; 0`);
  const { violations, passes } = await evaluate(
    "axe.run(document, { resultTypes: ['violations'] })" +
      '.then((r) => ({ violations: r.violations, passes: r.passes.length }))',
  );
  check(passes > 0, `${name}: axe-core checked nothing`);
  for (const v of violations.filter((x) => ['serious', 'critical'].includes(x.impact)))
    check(false, `${name}: ${v.id}: ${v.nodes.map((n) => n.html).join('\n    ')}`);
  await cdp.detach();
}
