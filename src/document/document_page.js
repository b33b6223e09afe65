/* The page of a document: sorts and filters tables, and shows a film large with its boxes. */
'use strict';
(() => {
  const make = (tag, attributes, ...children) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes || {})) {
      if (k === 'on') for (const [event, f] of Object.entries(v)) e.addEventListener(event, f);
      else if (v === true) e.setAttribute(k, '');
      else if (v !== false && v != null) e.setAttribute(k, v);
    }
    e.append(...children);
    return e;
  };

  const rank = (cell, number) => {
    const text = cell ? cell.textContent.trim() : '';
    if (!number) return text;
    if (text.startsWith('inf')) return Infinity;
    const v = parseFloat(text.replace('<', ''));
    return Number.isNaN(v) ? -Infinity : v;
  };
  /* A browser takes some tenths of a second to lay out a thousand rows again after they were
   * sorted, so that long tables show their first rows. Paper has all that the filter lets
   * through. */
  const FIRST = 100;
  const showRows = (t) => {
    let found = 0;
    for (const r of t.table.tBodies[0].rows) {
      r.hidden = !t.has(r);
      found += !r.hidden;
      r.classList.toggle('later', !r.hidden && found > FIRST && !t.all);
    }
    t.more.hidden = t.all || found <= FIRST;
    t.more.textContent = `Show all ${found} rows`;
    return found;
  };
  const sortBy = (t, column, number, head) => {
    const down = head.getAttribute('aria-sort') === 'ascending';
    const body = t.table.tBodies[0], rows = [...body.rows], sign = down ? -1 : 1;
    for (const th of t.table.tHead.rows[0].cells) th.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const compare = new Intl.Collator('en', { numeric: true }).compare;
    const keys = new Map(rows.map((r) => [r, rank(r.cells[column], number)]));
    rows.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      return sign * (number ? (x === y ? 0 : x < y ? -1 : 1) : compare(x, y));
    });
    body.append(...rows);
    showRows(t);
  };
  const addFilter = (t, box) => {
    const { rows } = t.table.tBodies[0], count = rows.length;
    const textOf = (r) => ` ${[...r.cells].map((c) => c.textContent).join(' ')}`.toLowerCase();
    let texts = null; /* when the filter is first used */
    /* a word from its beginning, so that normal does not find abnormal; any part of a number */
    const has = (text, word) => text.includes(/^[a-z]/.test(word) ? ` ${word}` : word);
    const shown = make('output');
    const filter = (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      texts ??= new Map([...rows].map((r) => [r, textOf(r)]));
      t.has = (r) => words.every((w) => has(texts.get(r), w));
      const found = showRows(t);
      shown.textContent = words.length ? `${found} of ${count} rows` : '';
    };
    const input = make('input', { type: 'search', on: { input: filter } });
    const label = make('label', {}, 'Filter rows: ', input);
    box.before(make('p', { class: 'filter' }, label, ' ', shown));
  };
  for (const table of document.querySelectorAll('main table')) {
    const count = table.tBodies[0].rows.length, box = table.closest('.scroll');
    const t = { table, all: false, has: () => true, more: make('button', { type: 'button' }) };
    if (count > 2)
      [...table.tHead.rows[0].cells].forEach((th, column) => {
        if (!th.textContent) return;
        const number = th.classList.contains('n');
        const button = make('button', { type: 'button', class: 'sort' }, ...th.childNodes);
        button.addEventListener('click', () => sortBy(t, column, number, th));
        th.append(button);
      });
    if (count > 14) addFilter(t, box);
    if (count <= FIRST) continue;
    t.more.addEventListener('click', () => {
      t.all = true;
      showRows(t);
    });
    box.after(make('p', { class: 'filter' }, t.more));
    showRows(t);
  }

  const films = [...document.querySelectorAll('figure[data-view]')];
  if (!films.length) return;
  const views = [];
  const viewOf = (i) => {
    views[i] ??= JSON.parse(films[i].dataset.view);
    return views[i];
  };
  const hidden = new Set(); /* names of classes */
  const show = { truth: true, findings: true, others: false };
  /* The slider's step; scores of the page have four decimals, the least one may have more. */
  show.least = Math.floor(viewOf(0).least * 100) / 100;
  let at = 0;
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const image = make('img', { alt: '' }), frame = make('div', { class: 'frame' }, image, svg);
  const stage = make('div', { class: 'stage', tabindex: 0, role: 'region' }, frame);
  const name = make('b'), detail = make('span'), counts = make('output');

  const shape = (tag, attributes, text) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    if (text) e.textContent = text;
    svg.append(e);
  };
  /* true boxes dashed, findings solid, other boxes thin */
  const kinds = {
    truth: { width: 2.6, size: 16, dashed: true },
    findings: { width: 2.6, size: 16 },
    others: { width: 1.2, size: 11 },
  };
  /* Where a label fits: above or below its box (a true one's below first), inside, or up to six
   * lines away. The first place on the film that no other label has, or the first of all. */
  const placeLabel = (text, [, x, y, w, h], size, dashed, view, taken) => {
    const width = text.length * size * 0.56, left = Math.max(0, Math.min(x, view.w - width));
    const above = y - 0.3 * size, below = y + h + 1.2 * size;
    const inside = [y + 1.2 * size, y + h - 0.5 * size];
    const lines = dashed ? [below, above, ...inside.reverse()] : [above, below, ...inside];
    for (let line = 1.2 * size; line < 8 * size; line += 1.2 * size)
      lines.push(...(dashed ? [below + line, above - line] : [above - line, below + line]));
    const places = lines.filter((at) => at >= size && at <= view.h - 0.3 * size)
      .map((at) => ({ x: left, y: at, w: width, h: 1.2 * size }));
    const free = (p) => taken.every((o) => p.x >= o.x + o.w || o.x >= p.x + p.w ||
      p.y >= o.y + o.h || o.y >= p.y + p.h);
    const place = places.find(free) ?? places[0] ??
      { x: left, y: Math.min(Math.max(above, size), view.h), w: width, h: 1.2 * size };
    taken.push(place);
    return place;
  };
  const drawBox = (box, kind, { name, colour }, view, unit, taken) => {
    const [, x, y, w, h, score] = box, { width, size, dashed } = kinds[kind];
    /* A true box lies around a found one of the same corners. */
    const out = dashed ? 3 * unit : 0;
    shape('rect', { class: kind, x: x - out, y: y - out, width: w + 2 * out, height: h + 2 * out,
      fill: 'none', stroke: colour, 'stroke-width': width * unit,
      'stroke-dasharray': dashed ? `${9 * unit} ${5 * unit}` : 'none' });
    const text = dashed ? `${name} (truth)` : `${name} ${(score / 1e4).toFixed(2)}`;
    const place = placeLabel(text, box, size * unit, dashed, view, taken);
    shape('text', { x: place.x, y: place.y, fill: colour, 'font-size': size * unit, stroke: '#000',
      'stroke-width': 3 * unit, 'paint-order': 'stroke' }, text);
  };
  const number = (n, one, several) => `${n} ${n === 1 ? one : several}`;
  const draw = () => {
    const view = viewOf(at), unit = Math.max(view.w, view.h) / 1000;
    const drawn = { truth: 0, findings: 0, others: 0 }, taken = [];
    frame.style.setProperty('--ratio', view.w / view.h);
    svg.replaceChildren();
    svg.setAttribute('viewBox', `0 0 ${view.w} ${view.h}`);
    for (const kind of Object.keys(kinds)) {
      for (const box of show[kind] ? view[kind] : []) {
        const of = view.classes[box[0]], score = box[5] / 1e4;
        if (hidden.has(of.name) || score < show.least) continue;
        drawn[kind]++;
        drawBox(box, kind, of, view, unit, taken);
      }
    }
    const told = [number(drawn.truth, 'true box', 'true boxes'),
      number(drawn.findings, 'finding', 'findings')];
    if (show.others) told.push(number(drawn.others, 'other box', 'other boxes'));
    counts.textContent = `${told.join(', ')} shown`;
  };
  const open = (i) => {
    at = (i + films.length) % films.length;
    const figure = films[at];
    image.src = figure.dataset.plain;
    image.alt = figure.querySelector('img').alt;
    name.textContent = figure.querySelector('figcaption b').textContent;
    detail.textContent = ` ${figure.querySelector('figcaption').lastChild.textContent}`;
    draw();
    if (!dialog.open) dialog.showModal();
  };
  const check = (text, on, change, colour) => make('label', {},
    make('input', { type: 'checkbox', checked: on, on: { change: (e) => {
      change(e.target.checked);
      draw();
    } } }), colour ? make('i', { style: `background:${colour}` }) : '', ` ${text}`);
  const least = make('output', {}, show.least.toFixed(2));
  const slide = (e) => {
    show.least = Number(e.target.value);
    least.textContent = show.least.toFixed(2);
    draw();
  };
  const slider = make('input', { type: 'range', min: 0, max: 1, step: 0.01, value: show.least,
    'aria-label': 'least score', on: { input: slide } });
  const button = (text, f) => make('button', { type: 'button', on: { click: f } }, text);
  const dialog = make('dialog', { class: 'viewer', 'aria-label': 'Film' },
    make('p', {}, name, detail, ' ',
      button('Previous', () => open(at - 1)), button('Next', () => open(at + 1)),
      button('Whole film or full width', () => dialog.classList.toggle('wide')),
      button('Close', () => dialog.close())),
    make('p', {}, check('truth (dashed)', true, (on) => { show.truth = on; }),
      check('findings', true, (on) => { show.findings = on; }),
      check('other boxes (thin)', false, (on) => { show.others = on; }),
      ...viewOf(0).classes.map(({ name, colour }) => check(name, true, (on) => {
        hidden[on ? 'delete' : 'add'](name);
      }, colour)),
      make('label', {}, 'score from ', slider, ' ', least), ' ', counts),
    stage, make('small', {}, document.querySelector('.notice')?.firstChild.textContent || ''));
  dialog.addEventListener('keydown', (e) => {
    if (e.target.type === 'range') return;
    if (e.key === 'ArrowLeft') open(at - 1);
    if (e.key === 'ArrowRight') open(at + 1);
  });
  document.body.append(dialog);
  films.forEach((figure, i) => {
    figure.querySelector('figcaption').prepend(button('Open large', () => open(i)));
    figure.querySelector('img').addEventListener('click', () => open(i));
    figure.classList.add('opens');
  });
})();
