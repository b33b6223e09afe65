// The databases of a browser, in memory, of one store each, for modules of the pages in node.

/** Becomes globalThis.indexedDB. rows: what all of them keep, by database and key; log: what was
 * put ("+ DATABASE") and deleted ("- DATABASE"), in the order in which that was kept; opens: how
 * often one was opened; fails: none can be opened; failsFor: one that takes nothing; slow: one that
 * takes its time; hangs: none is opened until answer() is called; isClosed: the browser has closed
 * them; clear(): their data are cleared; versionChange(): whether all let another page delete
 * them. */
export function fakeDatabases() {
  const fake = { rows: new Map(), log: [], opens: 0 };
  Object.assign(fake, { fails: false, failsFor: '', slow: '', hangs: false, isClosed: false });
  const [open, unanswered] = [new Set(), []];
  fake.answer = () => {
    fake.hangs = false;
    unanswered.splice(0).forEach((answer) => answer());
  };
  fake.clear = () => {
    fake.rows.clear();
    const all = [...open];
    open.clear();
    all.forEach((d) => d.onclose?.());
  };
  fake.versionChange = () => {
    [...open].forEach((d) => d.onversionchange?.());
    return open.size === 0;
  };
  const later = (target, event) => setTimeout(() => target[event]?.());
  function database(name) {
    let keyPath;
    const keyOf = (parts) => [name, ...parts].join(' ');
    const ofRow = (row) => keyOf(keyPath.map((part) => row[part]));
    const transaction = () => {
      if (fake.isClosed) throw new DOMException('closed', 'InvalidStateError');
      const steps = [];
      const objectStore = () => ({
        put: (row) =>
          steps.push(() => (fake.log.push(`+ ${name}`), fake.rows.set(ofRow(row), row))),
        delete: (key) =>
          steps.push(() => fake.rows.delete(keyOf(key)) && fake.log.push(`- ${name}`)),
        getAll: () => ({
          get result() {
            return [...fake.rows].filter(([k]) => k.startsWith(`${name} `)).map(([, row]) => row);
          },
        }),
      });
      const t = { objectStore, error: null };
      setTimeout(() => {
        if (fake.failsFor === name) return t.onabort?.();
        steps.forEach((step) => step());
        t.oncomplete?.();
      }, fake.slow === name ? 20 : 0);
      return t;
    };
    const close = () => open.delete(made);
    const createObjectStore = (_, options) => ({ keyPath } = options);
    const made = { transaction, createObjectStore, close };
    return made;
  }
  globalThis.indexedDB = {
    open: (name) => {
      fake.opens++;
      fake.isClosed = false;
      const request = { result: database(name), error: new Error('no') };
      const answer = () => {
        if (!fake.fails) open.add(request.result);
        if (!fake.fails) later(request, 'onupgradeneeded');
        later(request, fake.fails ? 'onerror' : 'onsuccess');
      };
      if (fake.hangs) unanswered.push(answer);
      else answer();
      return request;
    },
  };
  return fake;
}
