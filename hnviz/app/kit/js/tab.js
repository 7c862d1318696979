// @ts-check
// What all pictures of a browser tab share: the cache, the connection, and a timeline for each run.

import { HttpSource } from "./http.js";
import { Live } from "./live.js";
import { Timeline } from "./timeline.js";
import { onVisit } from "./visits.js";

/**
 * @typedef {import("./source.js").Source} Source
 * @typedef {Pick<Live, "follow"|"again"|"onConnection">} News
 */

export class Tab {
  /**
   * @param {Source} source
   * @param {News} live
   */
  constructor(source, live) {
    this.source = source;
    this.live = live;
    /** @type {Map<string, Timeline>} */
    this.timelines = new Map();
    onVisit(() => this.revisit());
  }

  /** The address has changed as a whole: show the snapshots that it names. */
  revisit() {
    for (const timeline of this.timelines.values()) timeline.revisit();
  }

  /** @param {string} run */
  timeline(run) {
    let known = this.timelines.get(run);
    if (!known) {
      known = new Timeline(run, this.source, this.live);
      this.timelines.set(run, known);
    }
    return known;
  }
}

/** @type {Tab|null} */
let tab = null;

/**
 * Return what this tab shares; `home` is the app's address.
 * @param {URL} home
 */
export function tabOf(home) {
  tab ??= new Tab(new HttpSource(home), new Live(home));
  return tab;
}

/**
 * Let all pictures share this, before the first of them is mounted.
 * @param {Tab} made
 */
export function shareTab(made) {
  tab = made;
}
