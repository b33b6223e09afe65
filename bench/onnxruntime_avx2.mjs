// onnxruntime_avx2.mjs MODULES FOLDER: copies ONNX Runtime from MODULES/onnxruntime-node to FOLDER,
// with kernels for AVX2 only: it has no setting for that. Its kernels ask XGETBV which registers
// the system saves; the copy takes x87, SSE and AVX as the answer, so that it leaves out AVX-512.
// Ends with status 1 if this version of the library asks in another way.
import fs from 'node:fs';
import path from 'node:path';

const [modules, folder] = process.argv.slice(2);
const to = path.join(folder, 'node_modules');
fs.mkdirSync(to, { recursive: true });
for (const name of ['onnxruntime-node', 'onnxruntime-common'])
  fs.cpSync(path.join(modules, name), path.join(to, name), { recursive: true });

// xgetbv; mov %eax,%eax; shl $32,%rdx; or %rax,%rdx; not %rax
const asked = Buffer.from('0f01d089c048c1e2204809c248f7d0', 'hex');
const answer = Buffer.from('b807000000', 'hex'); // mov $7,%eax, as long as the first two
const file = path.join(to, 'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1');
const library = fs.readFileSync(file);
const at = library.indexOf(asked);
if (at < 0 || library.indexOf(asked, at + 1) >= 0) {
  console.error(`${file}: XGETBV is not used as in version 1.30.0`);
  process.exit(1);
}
answer.copy(library, at);
fs.writeFileSync(file, library);
