// @ts-check
// What a picture in a notebook is given in place of a server: answers and news that are in the page.

import { unpack } from "../../app/kit/js/arrays.js";
import { Refusal, Source } from "../../app/kit/js/source.js";

/**
 * @typedef {import("../../app/kit/js/live.js").Subject} Subject
 * @typedef {{ answers: Record<string, number>, news: Record<string, any>, snapshots: [number, string][], lacking: string }} Held
 *   answers    address -> the blob of an answer
 *   news       topic and parameters as JSON -> what a server says
 *   snapshots  steps with their versions
 *   lacking    the sentence for what is not there
 */

const GONE = 410;

export class HeldSource extends Source {
  /**
   * @param {Held} held
   * @param {import("../../export/js/blobs.js").Blobs} blobs
   */
  constructor(held, blobs) {
    super();
    this.held = held;
    this.blobs = blobs;
  }

  /**
   * The same in Python: hnviz/notebook/page.py. A snapshot's version says nothing here.
   * @param {string} path
   * @param {Record<string, unknown>} params
   */
  address(path, params = {}) {
    const named = Object.entries(params).filter(([name, value]) => name !== "v" && value !== null && value !== undefined);
    return JSON.stringify([path, named.map(([name, value]) => [name, String(value)]).sort()]);
  }

  /** @param {string} address */
  async fetch(address) {
    const blob = this.held.answers[address];
    if (blob === undefined) throw new Refusal(this.held.lacking, GONE);
    const found = unpack(await this.blobs.get(blob));
    this.keep(address, found);
    return found;
  }

  async json() {
    return { snapshots: this.held.snapshots };
  }

  /** @returns {Promise<never>} */
  async post() {
    throw new Refusal(this.held.lacking, GONE);
  }
}

export class HeldNews {
  /** @param {Held} held */
  constructor(held) {
    this.held = held;
    /** @type {Map<(news: any) => void, Subject>} */
    this.follows = new Map();
  }

  /**
   * @param {Subject} subject
   * @param {(news: any) => void} hear
   * @param {(sentence: string) => void} [refuse]
   */
  follow(subject, hear, refuse = () => {}) {
    this.follows.set(hear, subject);
    queueMicrotask(() => this.follows.get(hear) === subject && this.again(hear, refuse));
    return () => void this.follows.delete(hear);
  }

  /**
   * @param {(news: any) => void} hear
   * @param {(sentence: string) => void} refuse
   */
  again(hear, refuse = () => {}) {
    const subject = this.follows.get(hear);
    if (!subject) return;
    const news = this.held.news[JSON.stringify([subject.topic, Object.entries(subject.params).sort()])];
    if (news === undefined) refuse(this.held.lacking);
    else hear(news);
  }

  /** There is no connection that can be lost. */
  onConnection() {
    return () => undefined;
  }
}
