// @ts-check
// The training speed. While the run shown trains, the choice follows that run and changes it, for
// all its viewers; the address keeps it for the next run, which Python starts with it.

import { putInAddress } from "../../../kit/js/address.js";
import { Field, selectOf } from "../../../kit/js/parts.js";

const KEY = "train_speed"; // in the address
const HELP = "At full speed a run is over in seconds. Choose a lower speed to watch it learn; you can change it while the run trains.";

/** @typedef {[string, string, number|null][]} Speeds address, name, limit */

export class Speed {
  /**
   * @param {HTMLElement} parent
   * @param {import("../../../kit/js/frame.js").Frame} kit
   * @param {Speeds} speeds
   * @param {string} chosen for the next run
   */
  constructor(parent, kit, speeds, chosen) {
    this.kit = kit;
    this.speeds = speeds;
    this.select = selectOf([]);
    this.select.append(...speeds.map(([value, name]) => new Option(name, value)));
    this.field = new Field(parent, "Training speed", this.select, HELP);
    this.select.onchange = () => this.choose();
    this.kit.asked.choice(KEY, speeds.map(([value]) => value), chosen); // it says what is wrong
    this.hear(chosen);
  }

  /** @param {string} chosen for the next run */
  hear(chosen = this.chosen ?? "") {
    this.chosen = chosen;
    const { is_live: live, speed = null } = this.kit.timeline?.facts ?? {};
    const running = live && this.speeds.find(([, , limit]) => limit === speed);
    this.select.value = running ? running[0] : chosen;
  }

  async choose() {
    const value = (this.chosen = this.select.value);
    const { run = "", facts = {} } = this.kit.timeline ?? {};
    putInAddress(KEY, value === this.speeds[0][0] ? null : value);
    this.kit.report("speed", value);
    const [, , speed] = this.speeds[this.select.selectedIndex];
    await this.kit.refusals.attempt("speed", () => facts.is_live && this.kit.source.post(`api/runs/${encodeURIComponent(run)}/speed`, { speed }));
  }
}
