// page_texts.mjs PAGES: every text that the pages show stands in the tables of src/texts.ts and of
// the files *_texts.ts, so that the pages can be translated; and the bundle is small. PAGES: the
// folder in which the build made the pages. Skipped, exit status 77, if it made none.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import zlib from 'node:zlib';

const [pages] = process.argv.slice(2);
const MOST_BYTES = 150_000; // of the bundle, compressed by gzip
const status = fs.readFileSync(path.join(pages, 'status'), 'utf8').trim();
if (status !== 'built') {
  console.log(`without pages: ${status}`);
  process.exit(77);
}
const ts = createRequire(path.resolve(pages, 'here.js'))('typescript');

const isTable = (file) => /(^|_)texts\.ts$/.test(path.basename(file));
const hasLetters = (text) => /\p{L}{2}/u.test(text);
const isPhrase = (text) => /\p{L}{2,}[,:]? \p{L}{2,}/u.test(text);

// attributes that people see or hear
const spoken = new Set(['title', 'alt', 'placeholder', 'aria-label', 'label', 'hint', 'text']);
// attributes and fields whose phrases are lists of names
const lists = new Set(['class', 'style', 'd', 'points', 'viewBox', 'href']);

const callsForCode = /querySelector|matches|getExtension|open$/;

const nameOf = (node) => node.name?.getText() ?? '';

/** Whether a phrase in the code is not shown to anyone: class names, and lists for other code. */
function isForCode(node) {
  for (let n = node.parent; n; n = n.parent) {
    if (ts.isImportDeclaration(n) || ts.isLiteralTypeNode(n)) return true;
    if (ts.isJsxAttribute(n)) return lists.has(nameOf(n));
    // what is wrong with the program or its files, for the log of the browser
    if (ts.isNewExpression(n) && n.expression.getText() === 'Error') return true;
    if (ts.isCallExpression(n) && callsForCode.test(n.expression.getText())) return true;
  }
  return false;
}

const textOf = (node) => {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return [node.head.text, ...node.templateSpans.map((s) => s.literal.text)].join(' … ');
  return null;
};

/** What is wrong with a node; '': nothing. */
function faultOf(node) {
  if (ts.isJsxText(node)) return hasLetters(node.text) ? node.text.trim() : '';
  const text = textOf(node);
  if (text === null || !hasLetters(text)) return '';
  const { parent } = node;
  const inAttribute = [parent, parent.parent].find((n) => ts.isJsxAttribute(n));
  if (inAttribute && spoken.has(nameOf(inAttribute))) return text;
  const isChild = ts.isJsxExpression(parent) && !inAttribute;
  if (isChild || (isPhrase(text) && !isForCode(node))) return text;
  return '';
}

function faultsIn(file) {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest,
    true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const faults = [];
  const visit = (node) => {
    const fault = faultOf(node);
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    if (fault) faults.push(`${file}:${line + 1}: ${fault}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

const src = path.join(pages, 'src');
const files = fs.readdirSync(src, { recursive: true }).map(String)
  .filter((name) => /\.tsx?$/.test(name) && !isTable(name) && !/shader|api_types/.test(name));
const faults = files.flatMap((name) => faultsIn(path.join(src, name)));
for (const fault of faults) console.log(`FAIL  a text outside of the tables: ${fault}`);

const dist = path.join(pages, 'dist');
const bytes = fs.readdirSync(dist)
  .reduce((sum, name) => sum + zlib.gzipSync(fs.readFileSync(path.join(dist, name))).length, 0);
if (bytes > MOST_BYTES) console.log(`FAIL  the pages take ${bytes} bytes, more than ${MOST_BYTES}`);
console.log(`${files.length} files, ${bytes} bytes compressed`);
process.exit(faults.length || bytes > MOST_BYTES ? 1 : 0);
