// The elements of a DICOM file as bytes, for tests of what must be copied byte for byte: a data set
// in Explicit VR Little Endian without undefined lengths on its top level, as our results are and
// films of `spinexr data phantom --syntax explicit`.
import fs from 'node:fs';

const PREAMBLE = 132;
const wideVrs = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' ')); // 32-bit lengths

const tagOf = (bytes, at) => bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2);

// The element at `at`: its tag, VR and value, and where the next one begins.
function elementAt(bytes, at) {
  const vr = bytes.toString('latin1', at + 4, at + 6);
  const wide = wideVrs.has(vr);
  const size = wide ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
  const begin = at + (wide ? 12 : 8);
  if (size === 0xffffffff) throw new Error(`element at ${at}: undefined length`);
  const end = begin + size;
  return { tag: tagOf(bytes, at), vr, value: bytes.subarray(begin, end), end };
}

/** The file's elements, those of the meta header too, by tag. */
export function readElements(file) {
  const bytes = fs.readFileSync(file);
  const elements = new Map();
  for (let at = PREAMBLE; at < bytes.length; ) {
    const e = elementAt(bytes, at);
    elements.set(e.tag, e);
    at = e.end;
  }
  return elements;
}

function encode({ tag, vr, value }) {
  const wide = wideVrs.has(vr);
  const head = Buffer.alloc(wide ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (wide) head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

/** Text as a value: padded to even length. */
export function text(value, padding = ' ') {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, 'latin1');
  return bytes.length % 2 ? Buffer.concat([bytes, Buffer.from(padding, 'latin1')]) : bytes;
}

/** Writes a file. The size of the meta header is not mended: its UIDs keep their lengths. */
export function writeElements(file, elements) {
  const sorted = [...elements.values()].sort((a, b) => a.tag - b.tag);
  const head = Buffer.alloc(PREAMBLE);
  head.write('DICM', 128, 'latin1');
  fs.writeFileSync(file, Buffer.concat([head, ...sorted.map(encode)]));
}

/** Replaces or adds an element. */
export function setElement(elements, tag, vr, value) {
  elements.set(tag, { tag, vr, value });
}
