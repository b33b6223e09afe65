// films.mjs SPINEXR WEIGHTS: what results take from their films. Names in several character sets
// are copied byte for byte. A film that is stored inverted has its boxes where the same film has
// them that is not, and so has one whose header tells of a rotated or flipped detector: report,
// presentation state and capture agree on the place.
import fs from 'node:fs';
import path from 'node:path';
import { check, freePort, inFolder, library, main, run, start, until } from './peers.mjs';
import { readElements, setElement, text } from './elements.mjs';
import { copyFilm, filmWithBoxes, startNode } from './node_service.mjs';

const dcmjs = library('dcmjs');
const [program, weights] = process.argv.slice(2);

const CHARACTER_SET = 0x00080005;
const PATIENT_NAME = 0x00100010;
const PHOTOMETRIC = 0x00280004;
const PIXELS = 0x7fe00010;
const SHORTS = 2;

// ---- films ----

// PS3.5, H.3.1, H.3.2, I.2 and J.1 have these names.
const names = [
  { set: 'ISO_IR 100', name: 'Buc^J\xe9r\xf4me' },
  { set: 'ISO_IR 192', name: Buffer.from('Wang^XiaoDong=王^小東') },
  { set: 'GB18030', name: Buffer.from('57616e675e5869616f446f6e673dcdf55ed0a1b6ab', 'hex') },
  {
    set: '\\ISO 2022 IR 87',
    name: 'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B',
  },
  {
    set: '\\ISO 2022 IR 149',
    name:
      'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=' +
      '\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
  },
];

const rename = ({ set, name }) => (elements) => {
  setElement(elements, CHARACTER_SET, 'CS', text(set));
  setElement(elements, PATIENT_NAME, 'PN', text(name));
};

// The same picture with low values bright: stored values, window and photometric interpretation.
function invert(elements) {
  const { value } = elements.get(PIXELS);
  const bits = elements.get(0x00280101).value.readUInt16LE(0);
  const top = 2 ** bits - 1;
  const pixels = Buffer.alloc(value.length);
  for (let at = 0; at < value.length; at += SHORTS)
    pixels.writeUInt16LE(top - value.readUInt16LE(at), at);
  const number = (tag) => Number(elements.get(tag).value.toString('latin1'));
  const center = text(String(top + 1 - number(0x00281050)));
  setElement(elements, PIXELS, elements.get(PIXELS).vr, pixels);
  setElement(elements, PHOTOMETRIC, 'CS', text('MONOCHROME1'));
  setElement(elements, 0x00281050, 'DS', center);
  setElement(elements, 0x20500020, 'CS', text('INVERSE'));
}

// Detectors that were turned say so; pixels are stored as they are.
const turned = (rotation, flip) => (elements) => {
  setElement(elements, 0x00187032, 'DS', text(rotation)); // Field of View Rotation
  setElement(elements, 0x00187034, 'CS', text(flip)); // Field of View Horizontal Flip
  setElement(elements, 0x00200020, 'CS', text('A\\F')); // Patient Orientation
};

// ---- results ----

const read = (file) => {
  const bytes = fs.readFileSync(file);
  const { dict } = dcmjs.data.DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
  return dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
};

const list = (v) => (v === undefined ? [] : Array.isArray(v) ? v : [v]);
const rectangle = (p) => [p[0], p[1], p[4], p[5]].map(Number);

function boxesOfReport(report) {
  const groups = [];
  const visit = (item) => {
    if (list(item.ContentTemplateSequence)[0]?.TemplateIdentifier === '1410') groups.push(item);
    list(item.ContentSequence).forEach(visit);
  };
  visit(report);
  const region = (g) => list(g.ContentSequence).find((c) => c.ValueType === 'SCOORD');
  return groups.map((g) => rectangle(region(g).GraphicData));
}

const boxesOfState = (state) =>
  list(state.GraphicAnnotationSequence)
    .flatMap((a) => list(a.GraphicObjectSequence))
    .map((g) => rectangle(g.GraphicData));

// The film stands in the capture between two strips of text on this ground, at the full width.
const ground = [0x0e, 0x11, 0x14];

function layoutOf(capture, film) {
  const pixels = new Uint8Array(list(capture.PixelData)[0]);
  const { Rows: rows, Columns: columns } = capture;
  let top = 0;
  while (top < rows && ground.every((v, i) => pixels[3 * top * columns + i] === v)) top++;
  const scale = columns / film.Columns;
  check(top > 0 && top + scale * film.Rows <= rows, `a film from row ${top} of ${rows}`);
  return { pixels, rows, columns, top, scale };
}

// The share of an edge's points near which the capture has colour, of the edge that has least.
function leastColour({ pixels, rows, columns, top, scale }, box) {
  const coloured = (x, y) => {
    const at = 3 * (y * columns + x);
    return Math.max(...pixels.subarray(at, at + 3)) - Math.min(...pixels.subarray(at, at + 3)) > 40;
  };
  const near = (x, y) => {
    for (let dy = -2; dy <= 2; dy++)
      for (let dx = -2; dx <= 2; dx++) {
        const [px, py] = [Math.floor(x * scale) + dx, top + Math.floor(y * scale) + dy];
        if (px >= 0 && py >= 0 && px < columns && py < rows && coloured(px, py)) return true;
      }
    return false;
  };
  const [x0, y0, x1, y1] = box;
  const edge = (ax, ay, bx, by) => {
    let hits = 0;
    for (let i = 0; i <= 50; i++)
      hits += near(ax + ((bx - ax) * i) / 50, ay + ((by - ay) * i) / 50);
    return hits / 51;
  };
  return Math.min(
    edge(x0, y0, x1, y0),
    edge(x0, y1, x1, y1),
    edge(x0, y0, x0, y1),
    edge(x1, y0, x1, y1),
  );
}

const close = (a, b, tolerance) =>
  a.length === b.length &&
  a.every((box, i) => box.every((v, k) => Math.abs(v - b[i][k]) <= tolerance));

// ---- the test ----

async function resultsOf(folder, film) {
  const mine = () =>
    fs
      .readdirSync(folder)
      .map((name) => path.join(folder, name))
      .filter((file) => fs.readFileSync(file).includes(film.study));
  return until(`results of ${film.file}`, 60, () => {
    const of = (kind) => mine().find((f) => path.basename(f).startsWith(kind));
    const kinds = ['SR', 'PS', 'SC'].map(of);
    return kinds.every(Boolean) && kinds;
  });
}

function checkName(film, files, set) {
  const want = readElements(film.file);
  for (const file of files) {
    const have = readElements(file);
    for (const tag of [CHARACTER_SET, PATIENT_NAME])
      check(
        have.get(tag)?.value.equals(want.get(tag).value),
        `${set}, ${path.basename(file)}: ${have.get(tag)?.value.toString('hex')}`,
      );
  }
}

function checkPlace(what, film, files, boxes) {
  const [report, state, capture] = files.map(read);
  const places = boxesOfReport(report);
  check(close(places, boxes, 0.01), `${what}: report has ${JSON.stringify(places)}`);
  const drawn = boxesOfState(state);
  check(close(drawn, places, 0.001), `${what}: presentation state has ${JSON.stringify(drawn)}`);
  check(!state.ImageRotation && !state.ImageHorizontalFlip, `${what}: the state turns the film`);
  const layout = layoutOf(capture, read(film.file));
  for (const box of places) {
    const share = leastColour(layout, box);
    check(share > 0.45, `${what}: capture has colour along ${share} of an edge of ${box}`);
    const aside = leastColour(layout, box.map((v) => v + 25));
    check(aside < 0.45, `${what}: capture has colour beside the box, too: ${aside}`);
  }
  const shape = what === 'inverted' ? 'INVERSE' : 'IDENTITY';
  check(state.PresentationLUTShape === shape, `${what}: ${state.PresentationLUTShape}`);
}

await main(async () => {
  const port = await freePort();
  const folder = inFolder('archive');
  fs.mkdirSync(folder);
  start('storescp', ['-aet', 'ARCHIVE', '-od', folder, String(port)], { LD_LIBRARY_PATH: '' });
  const node = await startNode(program, weights, [
    `  archive: {host: 127.0.0.1, port: ${port}, ae_title: ARCHIVE, test: true, confirm: none}`,
  ]);
  const { film, boxes } = filmWithBoxes(program, weights);
  const places = { plain: () => {}, inverted: invert, turned: turned('90', 'NO') };
  places.flipped = turned('180', 'YES');
  const placed = Object.entries(places).map(([what, change]) => [what, copyFilm(film, change)]);
  const named = names.map((n) => [n.set, copyFilm(film, rename(n))]);
  const files = [...placed, ...named].map(([, f]) => f.file);
  run('storescu', ['-aec', 'SPINEXR', '127.0.0.1', String(node.dicom), ...files]);
  for (const [what, f] of placed) checkPlace(what, f, await resultsOf(folder, f), boxes);
  for (const [set, f] of named) checkName(f, await resultsOf(folder, f), set);
  await node.stop();
  console.log(`${placed.length} films with ${boxes.length} boxes, ${named.length} character sets`);
});
