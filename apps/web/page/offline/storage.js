// What this browser keeps of a person between visits, in IndexedDB: the last list, and what is not sent yet. Where a
// browser keeps nothing (a private window, a full disk), everything works as long as the page is open.

const NAME = "taskflow";
const VERSION = 1;
const PATIENCE = 2_000;

/** @typedef {"lists" | "writes"} Kind */

/** Two stores of objects: `lists` by the user's id, `writes` in the order they were made. */
export class Storage {
  constructor() {
    /** @type {Promise<IDBDatabase | null> | null} */
    this.opening = null;
    /** Whether what was to be kept is kept. */
    this.works = true;
  }

  open() {
    this.opening ??= new Promise((resolve) => {
      // A disk that does not answer holds up nothing.
      setTimeout(() => resolve(null), PATIENCE);
      try {
        const request = indexedDB.open(NAME, VERSION);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("lists", { keyPath: "userId" });
          request.result.createObjectStore("writes", { keyPath: "seq", autoIncrement: true });
        };
        request.onsuccess = () => {
          // A browser takes it away from a page that sleeps (Safari), or whose data somebody clears.
          request.result.onclose = () => {
            this.opening = null;
          };
          // A newer page in another tab may want to change it.
          request.result.onversionchange = () => request.result.close();
          resolve(request.result);
        };
        request.onerror = () => resolve(null);
      } catch (error) {
        // A browser that has no database at all has no such object either.
        if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
        resolve(null);
      }
    });
    return this.opening;
  }

  /**
   * The answer to one request, null where nothing can be kept.
   *
   * @template Result
   * @param {Kind} kind
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<Result>} ask
   * @returns {Promise<Result | null>}
   */
  async run(kind, mode, ask) {
    const database = await this.open();
    if (!database) {
      this.works = false;
      return null;
    }
    return new Promise((resolve) => {
      const failed = () => {
        this.works = mode === "readonly" && this.works;
        resolve(null);
      };
      try {
        const transaction = database.transaction(kind, mode);
        const request = ask(transaction.objectStore(kind));
        transaction.oncomplete = () => {
          if (mode === "readwrite") this.works = true;
          resolve(request.result);
        };
        transaction.onabort = failed;
        transaction.onerror = failed;
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        failed();
      }
    });
  }

  /**
   * Everything of a kind, in order.
   *
   * @param {Kind} kind
   * @returns {Promise<any[]>}
   */
  async all(kind) {
    return (await this.run(kind, "readonly", (store) => store.getAll())) ?? [];
  }

  /**
   * The keys of a kind: what they stand for is not read.
   *
   * @param {Kind} kind
   */
  async keys(kind) {
    return (await this.run(kind, "readonly", (store) => store.getAllKeys())) ?? [];
  }

  /**
   * Keeps an object; returns its key, null where it could not be kept.
   *
   * @param {Kind} kind
   * @param {object} value
   */
  put(kind, value) {
    return this.run(kind, "readwrite", (store) => store.put(value));
  }

  /**
   * Keeps objects, all of them or none; returns their keys, null where they could not be kept.
   *
   * @param {Kind} kind
   * @param {object[]} values at least one
   */
  async putAll(kind, values) {
    /** @type {IDBRequest<IDBValidKey>[]} */
    let asked = [];
    const last = await this.run(kind, "readwrite", (store) => {
      asked = values.map((value) => store.put(value));
      return asked[asked.length - 1];
    });
    return last === null ? null : asked.map(({ result }) => result);
  }

  /**
   * @param {Kind} kind
   * @param {IDBValidKey[]} keys
   */
  async remove(kind, ...keys) {
    if (keys.length === 0) return;
    await this.run(kind, "readwrite", (store) => keys.map((key) => store.delete(key))[keys.length - 1]);
  }
}
