// Runs one ONNX file in ONNX Runtime and prints as JSON
// {"ms": best, "outputs": {name: first numbers}}.
// usage: node onnxruntime.mjs MODEL.onnx WIDTH HEIGHT RUNS THREADS [OUTPUT,OUTPUT..]
// In JavaScript because the peer is installed from npm; spinexr itself does not run here.
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const ort = require('onnxruntime-node');

const [file, width, height, runs, threads, wanted] = process.argv.slice(2);
const w = Number(width), h = Number(height);

// the input of `spinexr bench`: number i of [h][w][3] is (i * 7919) % 255 - 117
const image = new Float32Array(3 * h * w);
for (let i = 0; i < image.length; i++) {
  const c = i % 3, pixel = (i - c) / 3;
  image[c * h * w + pixel] = ((i * 7919) % 255) - 117;
}
const session = await ort.InferenceSession.create(file, {
  executionProviders: ['cpu'], graphOptimizationLevel: 'all',
  intraOpNumThreads: Number(threads), interOpNumThreads: 1,
});
const feeds = { image: new ort.Tensor('float32', image, [1, 3, h, w]) };
if (session.inputNames.includes('sizes')) {
  feeds.sizes = new ort.Tensor('float32', new Float32Array([w, h]), [1, 2]);
}
const names = wanted ? wanted.split(',') : session.outputNames;
let best = Infinity, result;
for (let i = 0; i <= Number(runs); i++) {
  const start = process.hrtime.bigint();
  result = await session.run(feeds, names);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (i > 0 && ms < best) best = ms;
}
const outputs = {};
for (const name of names) outputs[name] = Array.from(result[name].data.slice(0, 64));
console.log(JSON.stringify({ ms: best, outputs }));
