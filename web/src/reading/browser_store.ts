// A database of this browser with one store. What needs another store has a database of its own: to
// add a store to a database, a page would have to wait until all pages of an earlier version of the
// program are closed. A browser whose database does not answer in time is one that keeps nothing.

const PATIENCE = 3000; // ms
// errors when the browser has closed it, or did so while it was opened, since its data are cleared
const CLOSED = ['InvalidStateError', 'AbortError'];

const finished = (t: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    t.oncomplete = () => resolve();
    t.onabort = () => reject(t.error ?? new Error('aborted'));
    t.onerror = () => reject(t.error ?? new Error('failed'));
  });

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class BrowserStore<Row> {
  private database: Promise<IDBDatabase> | null = null;
  /** The database was not opened in time, and may still be. */
  private isLate = false;
  private readonly listeners = new Set<() => void>();
  /** How often it was opened. After the first time, what was kept before may be gone. */
  openings = 0;

  constructor(
    private readonly name: string,
    private readonly store: string,
    private readonly keyPath: string[],
  ) {}

  /** `changed`: what was kept may be gone, or a database that did not answer is there after all.
   * Returns how to stop listening. */
  listen(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  private tell(): void {
    for (const changed of [...this.listeners]) changed();
  }

  private open(): Promise<IDBDatabase> {
    this.openings++;
    const opening = new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () =>
        request.result.createObjectStore(this.store, { keyPath: this.keyPath });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('failed'));
    });
    opening.then((database) => this.opened(opening, database), () => this.forget(opening));
    return opening;
  }

  private opened(opening: Promise<IDBDatabase>, database: IDBDatabase): void {
    // the browser's data have been cleared
    database.onclose = () => this.lose(opening);
    // another page deletes the database, and waits until this one lets go of it
    database.onversionchange = () => {
      database.close();
      this.lose(opening);
    };
    if (!this.isLate) return;
    this.isLate = false;
    this.tell();
  }

  /** It is opened again next time. */
  private forget(opening: Promise<IDBDatabase>): void {
    if (this.database !== opening) return;
    this.database = null;
    this.isLate = false;
  }

  private lose(opening: Promise<IDBDatabase>): void {
    this.forget(opening);
    this.tell();
  }

  /** Where it is late, nothing waits for it again. */
  private async ready(): Promise<IDBDatabase> {
    if (this.isLate) throw new Error('no answer');
    const opening = (this.database ??= this.open());
    try {
      return await inTime(opening);
    } catch (e) {
      this.isLate = this.database === opening;
      throw e;
    }
  }

  /** Opens it ahead. */
  prepare(): void {
    this.ready().catch(() => undefined);
  }

  private async begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    const options: IDBTransactionOptions = { durability: 'strict' };
    try {
      return (await this.ready()).transaction(this.store, mode, options);
    } catch (e) {
      if (!CLOSED.includes((e as DOMException).name)) throw e;
      this.database = null;
      return (await this.ready()).transaction(this.store, mode, options);
    }
  }

  /** Resolves when all of it is done; after an error, nothing of it is. */
  private async done(t: IDBTransaction): Promise<void> {
    try {
      await inTime(finished(t));
    } catch (e) {
      undo(t);
      throw e;
    }
  }

  /** In one transaction: removes rows by their keys, and adds others. Resolves when it is kept. */
  async replace(gone: readonly IDBValidKey[], added: readonly Row[]): Promise<void> {
    const t = await this.begin('readwrite');
    try {
      const store = t.objectStore(this.store);
      for (const key of gone) store.delete(key);
      for (const row of added) store.put(row);
    } catch (e) {
      undo(t);
      throw e;
    }
    await this.done(t);
  }

  async all(): Promise<Row[]> {
    const t = await this.begin('readonly');
    const request = t.objectStore(this.store).getAll();
    await this.done(t);
    return request.result as Row[];
  }
}

function undo(t: IDBTransaction): void {
  try {
    t.abort();
  } catch {
    // it has ended
  }
}
