// @ts-check
// Where pictures get their data: the web API (http.js), or the file that the page itself is (hnviz/export).
// Answers pass through one small cache for the whole tab.

/**
 * @typedef {import("./arrays.js").Answer} Answer
 * @typedef {(told: import("./states.js").Progress) => void} Hear is called with how far an answer is
 * @typedef {{ promise: Promise<Answer>, abort: AbortController, users: number, hears: Set<Hear> }} Job
 */

const KEPT_BYTES = 96 * 2 ** 20;
const BUSY = [0, 429, 502, 503, 504]; // no server, too many requests, an engine that starts or gave up
const AGAIN = 2000; // ms before asking again after a temporary refusal; doubles with each refusal
const LONGEST_PAUSE = 60000; // ms
const STALE = [404, 409]; // a run that is resumed writes its snapshots again

/** A refusal: its one sentence, and the HTTP status. */
export class Refusal extends Error {
  /**
   * @param {string} sentence
   * @param {number} status
   * @param {number} after seconds until it is worth asking again, as far as the server says
   */
  constructor(sentence, status, after = 0) {
    super(sentence);
    this.status = status;
    this.after = after;
  }

  /** Whether it is worth asking once more. */
  get passes() {
    return BUSY.includes(this.status);
  }

  /**
   * How long to wait until asking once more, in ms.
   * @param {number} before refusals before this one, one after the other
   */
  pause(before) {
    return Math.max(Math.min(LONGEST_PAUSE, AGAIN * 2 ** before), 1000 * this.after);
  }

  /** Whether the same question would always be refused: it is wrong. A snapshot may be written again in a moment. */
  get lasts() {
    return this.status >= 400 && this.status < 500 && !this.passes && !STALE.includes(this.status);
  }
}

/** A kind of source says how it writes an address, and how it answers one. */
export class Source {
  constructor() {
    /** @type {Map<string, Answer>} oldest first */
    this.kept = new Map();
    this.keptBytes = 0;
    /** @type {Map<string, Job>} */
    this.coming = new Map();
  }

  /**
   * The address of an answer.
   * @param {string} _path below the app's address
   * @param {Record<string, unknown>} _params
   * @returns {string}
   */
  address(_path, _params = {}) {
    throw new Error("a source must say how it writes an address");
  }

  /**
   * Answer an address that the cache does not hold; `keep` puts what lasts into it.
   * @param {string} _address
   * @param {AbortSignal} _signal
   * @param {Hear} _tell
   * @returns {Promise<Answer>}
   */
  fetch(_address, _signal, _tell) {
    throw new Error("a source must say how it answers");
  }

  /**
   * What is known at a path, as plain JSON.
   * @param {string} _path
   * @returns {Promise<any>}
   */
  json(_path) {
    throw new Error("a source must say what it knows");
  }

  /**
   * What the page is, where it has no address: "" for a page of the app.
   * @param {string} _run that a picture shows, or ""
   */
  about(_run) {
    return "";
  }

  /**
   * Have something done to a run.
   * @param {string} _path
   * @param {unknown} _body
   * @returns {Promise<any>}
   */
  post(_path, _body = {}) {
    throw new Error("a source must say what it can do");
  }

  /**
   * An answer that the cache holds.
   * @param {string} address
   * @returns {Answer|undefined}
   */
  known(address) {
    const answer = this.kept.get(address);
    if (answer) {
      this.kept.delete(address);
      this.kept.set(address, answer);
    }
    return answer;
  }

  /**
   * Get an answer. `signal` ends the wait; the request itself ends when nobody waits for it.
   * @param {string} address
   * @param {AbortSignal} [signal]
   * @param {Hear} [hear] is called with how far it is
   * @returns {Promise<Answer>}
   */
  async get(address, signal, hear) {
    const known = this.known(address);
    if (known) return known;
    let job = this.coming.get(address);
    if (!job) {
      const [abort, hears] = [new AbortController(), /** @type {Set<Hear>} */ (new Set())];
      const tell = (/** @type {import("./states.js").Progress} */ told) => hears.forEach((each) => each(told));
      job = { promise: this.fetch(address, abort.signal, tell), abort, users: 0, hears };
      this.coming.set(address, job);
      const forget = () => this.coming.get(address) === job && this.coming.delete(address);
      job.promise.then(forget, forget);
    }
    job.users += 1;
    // One for each wait: a picture that asks again begins the next before the last has ended.
    const told = (/** @type {import("./states.js").Progress} */ progress) => hear?.(progress);
    job.hears.add(told);
    try {
      return await (signal ? unlessAborted(job.promise, signal) : job.promise);
    } finally {
      job.users -= 1;
      job.hears.delete(told);
      if (!job.users && this.coming.get(address) === job) {
        this.coming.delete(address);
        job.abort.abort();
      }
    }
  }

  /** Resolves when what is asked for now has come, or was refused. */
  settled() {
    return Promise.allSettled([...this.coming.values()].map(({ promise }) => promise));
  }

  /**
   * @param {string} address
   * @param {Answer} answer
   */
  keep(address, answer) {
    this.keptBytes += answer.bytes - (this.kept.get(address)?.bytes ?? 0);
    this.kept.delete(address); // it is the newest now
    this.kept.set(address, answer);
    for (const [oldest, { bytes }] of this.kept) {
      if (this.keptBytes <= KEPT_BYTES) break;
      this.kept.delete(oldest);
      this.keptBytes -= bytes;
    }
  }
}

/**
 * @template Result
 * @param {Promise<Result>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<Result>}
 */
function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const end = () => reject(new DOMException("overtaken", "AbortError"));
    if (signal.aborted) return end();
    signal.addEventListener("abort", end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
