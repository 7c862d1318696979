// @ts-check
// The runs of a press that starts several: the server's have an id at once, and those that a student's own device trains
// (device.js) get one when the class has them.

/**
 * @typedef {{ run: string } | { order: import("./device.js").Order }} Made an entry of the answer of POST /api/runs
 */

export class Orders {
  /**
   * @param {import("../js/frame.js").Frame} kit
   * @param {string|undefined} device the address of device.js, which only a student has
   */
  constructor(kit, device) {
    this.place = document.createElement("div");
    /** @type {Map<string, (run: string) => void>} number of an order -> what hears of its run */
    this.waiting = new Map();
    /** @type {Promise<import("./device.js").Shown>|null} */
    this.shown = device ? this.load(kit, device) : null;
    this.shown?.catch(() => {}); // a press says why
  }

  /**
   * @param {import("../js/frame.js").Frame} kit
   * @param {string} address
   */
  async load(kit, address) {
    const { Shown } = await import(new URL(address, kit.home).href);
    return new Shown(this.place, kit, undefined, (/** @type {string} */ number, /** @type {string} */ run) => this.waiting.get(number)?.(run));
  }

  /**
   * Have the device train what was ordered.
   * @param {Made[]} made
   * @param {(runs: (string|null)[]) => void} hear gets the ids, null for a run that is to come: now, and with each that comes
   */
  async take(made, hear) {
    const runs = made.map((each) => ("run" in each ? each.run : null));
    for (const [at, each] of made.entries()) {
      if ("run" in each) continue;
      const shown = await this.shown;
      const number = await shown?.add(each.order);
      if (number) this.waiting.set(number, (run) => hear(((runs[at] = run), [...runs])));
    }
    hear([...runs]);
  }

  leave() {
    this.shown?.then((shown) => shown.leave());
  }
}

/** Where a picture shows what the device trains. */
export class OnDevice {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.parent = parent;
  }

  /** @param {{ orders: Orders }} scene */
  show({ orders }) {
    if (orders.place.parentNode !== this.parent) this.parent.replaceChildren(orders.place);
  }
}
