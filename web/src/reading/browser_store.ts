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
  /** How often it was opened. After the first time, what was kept before may be gone. */
  openings = 0;

  constructor(
    private readonly name: string,
    private readonly store: string,
    private readonly keyPath: string[],
  ) {}

  private opened(): Promise<IDBDatabase> {
    if (this.database) return this.database;
    this.openings++;
    const opening = new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () =>
        request.result.createObjectStore(this.store, { keyPath: this.keyPath });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('failed'));
    });
    // opened again next time: after a failure, and when the browser's data have been cleared
    const forget = (): void => {
      if (this.database === opening) this.database = null;
    };
    opening.then((database) => (database.onclose = forget), forget);
    this.database = opening;
    return opening;
  }

  private async begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    const options: IDBTransactionOptions = { durability: 'strict' };
    try {
      return (await this.opened()).transaction(this.store, mode, options);
    } catch (e) {
      if ((e as DOMException).name !== 'InvalidStateError') throw e;
      this.database = null; // closed by the browser
      return (await this.opened()).transaction(this.store, mode, options);
    }
  }

  /** In one transaction: removes rows by their keys, and adds others. Resolves when it is kept. */
  async replace(gone: readonly IDBValidKey[], added: readonly Row[]): Promise<void> {
    const t = await this.begin('readwrite');
    const store = t.objectStore(this.store);
    for (const key of gone) store.delete(key);
    for (const row of added) store.put(row);
    await finished(t);
  }

  async all(): Promise<Row[]> {
    const t = await this.begin('readonly');
    const request = t.objectStore(this.store).getAll();
    await finished(t);
    return request.result as Row[];
  }
}
