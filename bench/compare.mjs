// Reads lines of "NAME OURS.json PEER.json", the output of `spinexr bench --json` and of
// onnxruntime.mjs. Prints times, ratios and how closely the numbers agree, and what spinexr left
// out because the processor lacks it (shown as -); exits 1 if the numbers differ.
import { readFileSync } from 'node:fs';

const rows = readFileSync(0, 'utf8').trim().split('\n').map((line) => line.split(' '));
let bad = 0;
const leftOut = new Set();
const sums = { peer: 0, f32: 0, bf16: 0 };
console.log('network            ONNX Runtime    f32 ms   ratio    bf16 ms   ratio   f32 agrees to');
for (const [name, oursFile, peerFile] of rows) {
  const ours = JSON.parse(readFileSync(oursFile, 'utf8'));
  const peer = JSON.parse(readFileSync(peerFile, 'utf8'));
  const f32 = ours.rows.find((r) => r.precision === 'f32');
  const bf16 = ours.rows.find((r) => r.precision === 'bf16');
  for (const what of ours.left_out) leftOut.add(what);
  let worst = 0;
  for (const [key, numbers] of Object.entries(peer.outputs)) {
    const mine = f32.outputs[key];
    if (!mine) continue;
    const scale = Math.max(...numbers.map(Math.abs), 1e-6);
    const off = numbers.map((v, i) => Math.abs(v - mine[i]) / scale).sort((a, b) => a - b);
    // Regions are ordered by score and rounding swaps near ties, so their median is compared.
    worst = Math.max(worst, off[key === 'rois' ? off.length >> 1 : off.length - 1]);
  }
  if (!(worst < 2e-3)) bad++;
  if (name.startsWith('densenet')) {
    sums.peer += peer.ms;
    sums.f32 += f32.ms;
    sums.bf16 += bf16 ? bf16.ms : NaN;
  }
  const note = worst.toExponential(1) + (worst < 2e-3 ? '' : '  DIFFERS');
  print(name, peer.ms, f32.ms, bf16 ? bf16.ms : NaN, note);
}
if (sums.peer) print('ensemble', sums.peer, sums.f32, sums.bf16, '');
for (const what of leftOut) console.log(`left out: ${what}`);

function print(name, peer, f32, bf16, note) {
  const cell = (v, n) => (Number.isNaN(v) ? '-' : v.toFixed(2)).padStart(n);
  const numbers = [cell(peer, 13), cell(f32, 10), cell(peer / f32, 8), cell(bf16, 11),
    cell(peer / bf16, 8)];
  console.log(`${name.padEnd(18)}${numbers.join('')}   ${note}`);
}
process.exit(bad ? 1 : 0);
