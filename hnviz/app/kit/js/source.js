// @ts-check
// Gets data from the web API, through one small cache for the whole tab.

import { unpack } from "./arrays.js";

/** @typedef {import("./arrays.js").Answer} Answer */

const KEPT_BYTES = 96 * 2 ** 20;

/** The server's refusal: its one sentence, and the HTTP status. */
export class Refusal extends Error {
  /**
   * @param {string} sentence
   * @param {number} status
   */
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

export class Source {
  /** @param {URL} home the app's own address; every route is below it */
  constructor(home) {
    this.home = home;
    /** @type {Map<string, Answer>} oldest first */
    this.kept = new Map();
    this.keptBytes = 0;
    /** @type {Map<string, { promise: Promise<Answer>, abort: AbortController, users: number }>} */
    this.coming = new Map();
  }

  /**
   * @param {string} path below the app's address
   * @param {Record<string, unknown>} params
   */
  address(path, params = {}) {
    const url = new URL(path, this.home);
    for (const [name, value] of Object.entries(params)) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    return url.href;
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
   * @returns {Promise<Answer>}
   */
  async get(address, signal) {
    const known = this.known(address);
    if (known) return known;
    let job = this.coming.get(address);
    if (!job) {
      const abort = new AbortController();
      job = { promise: this.fetch(address, abort.signal), abort, users: 0 };
      this.coming.set(address, job);
      const forget = () => this.coming.get(address) === job && this.coming.delete(address);
      job.promise.then(forget, forget);
    }
    job.users += 1;
    try {
      return await (signal ? unlessAborted(job.promise, signal) : job.promise);
    } finally {
      job.users -= 1;
      if (!job.users && this.coming.get(address) === job) {
        this.coming.delete(address);
        job.abort.abort();
      }
    }
  }

  /**
   * @param {string} address
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  async fetch(address, signal) {
    const response = await reach(address, { signal });
    const answer = unpack(await response.arrayBuffer());
    // An answer whose address has no version may change, so it is asked for again.
    if (new URL(address).searchParams.has("v")) this.keep(address, answer);
    return answer;
  }

  /**
   * @param {string} address
   * @param {Answer} answer
   */
  keep(address, answer) {
    this.kept.set(address, answer);
    this.keptBytes += answer.bytes;
    for (const [oldest, { bytes }] of this.kept) {
      if (this.keptBytes <= KEPT_BYTES) break;
      this.kept.delete(oldest);
      this.keptBytes -= bytes;
    }
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  async json(path) {
    return (await reach(this.address(path))).json();
  }

  /**
   * Ask the server to do something to a run.
   * @param {string} path
   * @param {unknown} body
   */
  async post(path, body = {}) {
    const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return (await reach(this.address(path), options)).json();
  }
}

/**
 * @param {string} address
 * @param {RequestInit} [options]
 */
async function reach(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw new Refusal("The server does not answer; the picture updates when it does.", 0);
  }
  if (!response.ok) throw new Refusal(await sentenceOf(response), response.status);
  return response;
}

/** @param {Response} response */
async function sentenceOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered with HTTP ${response.status}.`;
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
