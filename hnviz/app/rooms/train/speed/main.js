// @ts-check
// The training speed. While the run shown trains, the choice follows that run and changes it, for
// all its viewers; the address keeps it for the next run, which Python starts with it.

import { putInAddress } from "../../../kit/js/address.js";
import { menu } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

const SPEED = "train_speed"; // in the address
const HELP = "At full speed a run is over in seconds. Choose a lower speed to watch it learn; you can change it while the run trains.";

class Speed {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.select = menu(body, "Training speed", { above: true, help: HELP });
    this.select.onchange = () => this.choose();
    /** @type {[string, string, number|null][]} address, name, limit */
    this.speeds = [];
    this.chosen = ""; // for the next run
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.chosen = settings.chosen;
    if (!this.speeds.length) {
      this.speeds = settings.speeds;
      this.select.append(...this.speeds.map(([value, name]) => new Option(name, value)));
      this.kit.asked.choice(SPEED, this.speeds.map(([value]) => value), this.chosen); // it says what is wrong
    }
    this.hear();
  }

  hear() {
    const { is_live: live, speed = null } = this.kit.timeline?.facts ?? {};
    const running = live && this.speeds.find(([, , limit]) => limit === speed);
    this.select.value = running ? running[0] : this.chosen;
  }

  async choose() {
    const value = (this.chosen = this.select.value);
    const { run = "", facts = {} } = this.kit.timeline ?? {};
    putInAddress(SPEED, value === this.speeds[0][0] ? null : value);
    this.kit.report("name", value);
    this.kit.refuse("");
    if (!facts.is_live) return;
    const [, , speed] = this.speeds[this.select.selectedIndex];
    try {
      await this.kit.source.post(`api/runs/${encodeURIComponent(run)}/speed`, { speed });
    } catch (error) {
      this.kit.refuse(/** @type {Error} */ (error).message);
    }
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  create: (body, kit) => new Speed(body, kit),
});
