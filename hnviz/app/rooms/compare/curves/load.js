// Fetches the curves of the chosen runs, and again those that train.

import { Following } from "../../../kit/js/following.js";
import { MOST } from "../../../run/list/chosen.js";
import { read } from "./series.js";

const FEW = 12; // runs that are fetched whole
const LATER = 300; // ms after the epochs of many runs until their points are fetched
const AGAIN = 600; // ms between two looks at runs that train

export class Loader {
  /**
   * `take` gets what is known whenever it has changed; `needs` says whether points are shown.
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(kit, take, needs) {
    this.needs = needs;
    this.partial = false; // the points are still to come
    this.kit = kit;
    this.take = take;
    /** @type {string[]|null} */
    this.ids = null;
    this.changed = new Set(); // ids to fetch again
    this.known = new Map(); // id -> run
    this.rest = { kinds: [], notebook: {}, missing: [], damaged: {} };
    this.abort = null;
    this.following = new Following(kit, "runs", (news) => this.hear(news));
    this.rows = {};
    this.loaded = false;
  }

  /** Show these runs, up to the most that are compared; those that are known are not fetched again unless they train. */
  async show(all) {
    const ids = all.slice(0, MOST);
    this.asked = all.length;
    if (ids.join() === this.ids?.join()) return;
    this.ids = ids;
    this.kit.refusals.end("curves"); // of the runs that were chosen before
    this.following.of("");
    this.rest = { ...this.rest, missing: [], damaged: {} };
    if (ids.every((id) => this.known.has(id))) return this.tell();
    await this.fetch(ids, ids.length <= FEW || this.needs());
    if (this.partial && ids === this.ids) this.timer = setTimeout(() => this.complete(), LATER);
  }

  /** Fetch the points of many runs, whose epochs came first: those are read in a third of the time. */
  complete() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.partial) this.fetch(this.ids);
  }

  /** Fetch some of the runs that are shown. */
  async fetch(ids, points = true) {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    if (!ids.length) return this.tell();
    const { source } = this.kit;
    const address = source.address("api/curves", { runs: ids.join(","), points: points ? null : false });
    const got = await this.kit.refusals.attempt("curves", async () => read(await source.get(address, abort.signal)), () => this.fetch(ids, points));
    if (!got || this.abort !== abort) return;
    for (const run of got.runs) this.known.set(run.run, { ...run, kinds: got.kinds.length });
    for (const id of got.missing) this.known.delete(id);
    const whole = ids === this.ids;
    if (whole) this.partial = !points; // else the sentences about the others still hold
    const missing = whole ? got.missing : [...new Set([...this.rest.missing, ...got.missing])];
    const damaged = whole ? got.damaged : { ...this.rest.damaged, ...got.damaged };
    this.rest = { kinds: got.kinds, notebook: { ...this.rest.notebook, ...got.notebook }, missing, damaged };
    this.loaded = true;
    this.tell();
  }

  tell() {
    const runs = this.ids.map((id) => this.known.get(id)).filter(Boolean);
    this.take({ ...this.rest, runs, asked: this.asked });
  }

  /** Rows of the list have changed: runs trained on, ended, were renamed, deleted or restored. */
  hear({ order, rows }) {
    const before = this.rows;
    const now = Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, JSON.stringify(row)]));
    this.rows = order ? now : { ...before, ...now };
    const isOther = (id) => before[id] !== undefined && before[id] !== this.rows[id];
    const isNew = (id) => this.loaded && this.rows[id] !== undefined && !this.known.has(id);
    for (const id of this.ids) if (isOther(id) || isNew(id)) this.changed.add(id);
    if (this.changed.size) this.again();
  }

  again() {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      const ids = this.ids.filter((id) => this.changed.has(id));
      this.changed.clear();
      this.fetch(ids.length < this.ids.length && !this.partial ? ids : this.ids);
    }, AGAIN);
  }

  destroy() {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.following.leave();
  }
}
