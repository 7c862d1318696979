// @ts-check
// What a reader trained in this page, in the browser's own database: when the page is opened again, it goes on.

const DATABASE = "hnviz";
const STORE = "runs";
export const NO_STORE = "This browser stores nothing for this page, so the run is lost when you close it.";
export const NO_ROOM = "The browser has no room left for this run, so what it learns from here on is lost when you close the page.";
export const OPEN_TWICE = "This page is open in another tab, which stores its own run. This run is lost when you close this tab.";

export class Kept {
  /** @param {string} key of the page and the run */
  constructor(key) {
    this.key = key;
    this.refused = ""; // why nothing is stored
    /** @type {Promise<IDBDatabase|null>} */
    this.database = this.open();
  }

  /** Take the place of this page's run, unless another tab has it. */
  async open() {
    if (!(await this.isFirst())) return this.refuse(OPEN_TWICE);
    try {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => void opening.result.createObjectStore(STORE);
      return await finished(opening);
    } catch {
      return this.refuse(NO_STORE);
    }
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.refused = sentence;
    return null;
  }

  /** Whether no other tab has this page; it is ours as long as this tab is open. @returns {Promise<boolean>} */
  isFirst() {
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const hold = (/** @type {Lock|null} */ lock) => {
        resolve(lock !== null);
        return lock ? new Promise(() => {}) : null;
      };
      navigator.locks.request(`hnviz ${this.key}`, { ifAvailable: true }, hold).catch(() => resolve(true));
    });
  }

  /** What was stored last; null for nothing. @returns {Promise<any>} */
  async read() {
    const database = await this.database;
    if (!database) return null;
    try {
      return (await finished(database.transaction(STORE).objectStore(STORE).get(this.key))) ?? null;
    } catch {
      return this.refuse(NO_STORE);
    }
  }

  /**
   * Store it in the place of what was stored before, which stays if there is no room.
   * @param {any} run
   */
  async write(run) {
    const database = await this.database;
    if (!database) return;
    try {
      await finished(database.transaction(STORE, "readwrite").objectStore(STORE).put(run, this.key));
      this.refused = "";
    } catch {
      this.refused = NO_ROOM;
    }
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>} fails as its transaction does: a quota is only known then
 */
function finished(request) {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    const done = () => resolve(request.result);
    if (request.transaction) Object.assign(request.transaction, { oncomplete: done, onabort: () => reject(request.error) });
    else request.onsuccess = done; // a database opens
  });
}
