// @ts-check
// What all pictures of a browser tab share: the cache, the connection, and a timeline for each run.

import { Live } from "./live.js";
import { Source } from "./source.js";
import { Timeline } from "./timeline.js";
import { onVisit } from "./visits.js";

export class Tab {
  /** @param {URL} home */
  constructor(home) {
    this.source = new Source(home);
    this.live = new Live(home);
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
  tab ??= new Tab(home);
  return tab;
}
