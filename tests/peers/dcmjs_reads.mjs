// dcmjs_reads.mjs DRAW-RESULTS: dcmjs reads every report. Each keeps the rules without which OHIF
// stops, and has the boxes that were put into it.
import fs from 'node:fs';
import path from 'node:path';
import { check, drawCases, library, main } from './peers.mjs';

const dcmjs = library('dcmjs');

const list = (v) => (v === undefined ? [] : Array.isArray(v) ? v : [v]);

function readFile(file) {
  const bytes = fs.readFileSync(file);
  const { dict, meta } = dcmjs.data.DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
  return { ...dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict), meta };
}

const name = (item) => list(item.ConceptNameCodeSequence)[0];
const code = (item) => list(item.ConceptCodeSequence)[0];
const children = (item) => list(item.ContentSequence);
const named = (item, value) => children(item).filter((c) => name(c)?.CodeValue === value);
const the = (item, value) => named(item, value)[0];

// The coordinates below an item, with the film that they are selected from.
function region(item) {
  const image = children(item).find((c) => c.ValueType === 'IMAGE');
  const points = Array.from(item.GraphicData, Number);
  return {
    type: item.GraphicType,
    film: list(image.ReferencedSOPSequence)[0].ReferencedSOPInstanceUID,
    box: [points[0], points[1], points[4], points[5]],
    closed: points.length === 10 && points[0] === points[8] && points[1] === points[9],
  };
}

function checkGroup(where, group) {
  check(named(group, '112039').length === 1, `${where}: no tracking identifier`);
  check(named(group, '112040').length === 1, `${where}: no tracking UID`);
  for (const item of children(group))
    check(name(item), `${where}: an item without a concept name (${item.ValueType})`);
  const number = children(group).find((c) => c.ValueType === 'NUM');
  const place = number && children(number).find((c) => c.ValueType === 'SCOORD');
  check(place, `${where}: its first number has no coordinates`);
}

const templateOf = (group) => list(group.ContentTemplateSequence)[0]?.TemplateIdentifier;

function boxOf(group) {
  const found = region(the(group, '111030'));
  check(found.type === 'POLYLINE' && found.closed, 'a box is no closed polyline');
  const certainty = the(group, '111012');
  const again = region(children(certainty).find((c) => c.ValueType === 'SCOORD'));
  check(String(again.box) === String(found.box), 'the certainty is of another place');
  return {
    film: found.film,
    code: code(the(group, '121071')).CodeValue,
    score: Number(list(certainty.MeasuredValueSequence)[0].NumericValue) / 100,
    box: found.box,
  };
}

const near = (a, b) =>
  a.film === b.film && a.code === b.code && Math.abs(a.score - b.score) < 1e-4 &&
  a.box.every((v, i) => Math.abs(v - b.box[i]) < 0.01);

function checkReport(c, file) {
  const where = `${c.name}/${path.basename(file)}`;
  const report = readFile(file);
  check(report.Modality === 'SR', `${where}: Modality ${report.Modality}`);
  check(name(report).CodeValue === '126000', `${where}: title ${name(report).CodeValue}`);
  check(templateOf(report) === '1500', `${where}: template ${templateOf(report)}`);
  const groups = named(the(report, '126010'), '125007');
  check(groups.length > 0, `${where}: no measurement group`);
  for (const group of groups) checkGroup(where, group);
  const boxes = groups.filter((g) => templateOf(g) === '1410').map(boxOf);
  const wanted = c.boxes;
  check(boxes.length === wanted.length, `${where}: ${boxes.length} boxes, not ${wanted.length}`);
  for (const [i, box] of boxes.entries())
    check(wanted[i] && near(box, wanted[i]), `${where}: box ${i + 1} is ${JSON.stringify(box)}`);
  const without = named(the(report, 'C0034375') ?? {}, '121106').length;
  check(without === c.without_result, `${where}: ${without} films without a result`);
  const text = JSON.stringify(report);
  check(!text.includes('408573005') || c.name === 'normal', `${where}: says normal`);
  return report;
}

await main(() => {
  const cases = drawCases(process.argv[2]);
  check(cases.length > 10, `${cases.length} cases`);
  for (const c of cases) {
    const newest = checkReport(c, c.newest);
    check(newest.SOPInstanceUID === c.report, `${c.name}: report ${newest.SOPInstanceUID}`);
    checkReport(c, c.newest.replace('sr3d', 'sr'));
    const evidence = list(newest.CurrentRequestedProcedureEvidenceSequence)
      .flatMap((s) => list(s.ReferencedSeriesSequence))
      .flatMap((s) => list(s.ReferencedSOPSequence));
    check(evidence.length === c.films, `${c.name}: evidence of ${evidence.length} films`);
    const before = list(newest.PredecessorDocumentsSequence).length;
    check(before === (c.name === 'second-version' ? 1 : 0), `${c.name}: ${before} predecessors`);
  }
  console.log(`${cases.length} reports read`);
});
