// A database of this browser with one store. What needs another store has a database of its own: to
// add a store to a database, a page would have to wait until all pages of an earlier version of the
// program are closed.

const finished = (t: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    t.oncomplete = () => resolve();
    t.onabort = () => reject(t.error ?? new Error('aborted'));
    t.onerror = () => reject(t.error ?? new Error('failed'));
  });

export class BrowserStore<Row> {
  private database: Promise<IDBDatabase> | null = null;

  constructor(
    private readonly name: string,
    private readonly store: string,
    private readonly keyPath: string[],
  ) {}

  private opened(): Promise<IDBDatabase> {
    this.database ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () =>
        request.result.createObjectStore(this.store, { keyPath: this.keyPath });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('failed'));
    });
    return this.database;
  }

  /** In one transaction: removes rows by their keys, and adds others. Resolves when it is kept. */
  async replace(gone: readonly IDBValidKey[], added: readonly Row[]): Promise<void> {
    const t = (await this.opened()).transaction(this.store, 'readwrite', { durability: 'strict' });
    const store = t.objectStore(this.store);
    for (const key of gone) store.delete(key);
    for (const row of added) store.put(row);
    await finished(t);
  }

  async all(): Promise<Row[]> {
    const t = (await this.opened()).transaction(this.store, 'readonly');
    const request = t.objectStore(this.store).getAll();
    await finished(t);
    return request.result as Row[];
  }
}
