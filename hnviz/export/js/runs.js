// @ts-check
// The runs of a page, by their names: those that it holds, and those that train in it.

import { HeldRun } from "./heldrun.js";

/** @typedef {import("./trainedrun.js").TrainedRun} TrainedRun */

export const YOURS = "yours"; // the reader's own run, as it is called on the page

/** The name of the reader's own run that is beside another one. @param {string} name */
export const ownOf = (name) => `${name} ${YOURS}`;

export class Runs {
  /**
   * @param {Record<string, import("./heldrun.js").Held>} held
   * @param {import("./blobs.js").Blobs} blobs
   */
  constructor(held, blobs) {
    /** @type {Map<string, HeldRun|TrainedRun>} */
    this.all = new Map(Object.entries(held).map(([name, each]) => [name, new HeldRun(each, blobs)]));
    /** @type {Set<(name: string) => void>} */
    this.listeners = new Set();
  }

  /** @param {string} name */
  get(name) {
    return this.all.get(name);
  }

  /**
   * Give a name to a run that trains. The run that had it ends.
   * @param {string} name
   * @param {TrainedRun} run
   */
  add(name, run) {
    this.all.get(name)?.end();
    this.all.set(name, run);
    for (const hear of [...this.listeners]) hear(name);
  }

  /** @param {(name: string) => void} hear is called with the name of each run that is added */
  onAdded(hear) {
    this.listeners.add(hear);
  }
}
