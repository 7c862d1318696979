// @ts-check
// The source of the app's pages: the web API, over HTTP.

import { unpack } from "./arrays.js";
import { Refusal, Source } from "./source.js";

/** @typedef {import("./arrays.js").Answer} Answer */

const HELD = "respond-async, wait=2"; // seconds that the server holds a request, before it says how far the answer is
const ON_ITS_WAY = 202;

export class HttpSource extends Source {
  /** @param {URL} home the app's own address; every route is below it */
  constructor(home) {
    super();
    this.home = home;
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
   * @param {string} address
   * @param {AbortSignal} signal
   * @param {import("./source.js").Hear} [tell]
   * @returns {Promise<Answer>}
   */
  async fetch(address, signal, tell = () => {}) {
    const options = { signal, headers: { prefer: HELD } };
    let response = await reach(address, options);
    while (response.status === ON_ITS_WAY) {
      tell((await response.json()).progress);
      response = await reach(address, options);
    }
    const answer = unpack(await response.arrayBuffer());
    // An answer whose address has no version may change, so it is asked for again.
    if (new URL(address).searchParams.has("v")) this.keep(address, answer);
    return answer;
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  async json(path) {
    return (await reach(this.address(path))).json();
  }

  /**
   * Ask the server to do something to a run, or to take a file.
   * @param {string} path
   * @param {unknown} body
   */
  async post(path, body = {}) {
    const [kind, content] = body instanceof Blob ? ["octet-stream", body] : ["json", JSON.stringify(body)];
    const options = { method: "POST", headers: { "content-type": `application/${kind}` }, body: content };
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
  if (!response.ok) throw new Refusal(await sentenceOf(response), response.status, Number(response.headers.get("retry-after")) || 0);
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
