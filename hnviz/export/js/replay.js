// @ts-check
// A button that shows a run's training again: its curves grow from its events, and the snapshots follow.

import { maker } from "../../app/kit/js/make.js";

const SECONDS = 8; // that a training takes here
const NAMES = ["Play the training again", "Stop"];

export class Replay {
  /**
   * @param {HTMLElement} host
   * @param {import("./filelive.js").FileLive} live
   * @param {(run: string) => import("../../app/kit/js/timeline.js").Timeline} timelineOf
   * @param {boolean} hasCurves whether curves will be followed: then the button has its room from the beginning
   */
  constructor(host, live, timelineOf, hasCurves) {
    this.live = live;
    this.timelineOf = timelineOf;
    this.button = /** @type {HTMLButtonElement} */ (maker(host)("button", "replay", host, NAMES[0]));
    this.button.type = "button";
    this.button.hidden = !hasCurves;
    this.button.style.visibility = "hidden";
    this.button.onclick = () => (this.playing ? this.stop() : this.play());
    this.playing = false;
    live.whenGrowing(() => {
      this.button.hidden = false;
      this.button.style.visibility = "";
    });
  }

  play() {
    const run = this.live.growing;
    if (!run) return;
    const timeline = this.timelineOf(run);
    const last = timeline.facts.n_steps ?? timeline.steps.at(-1) ?? 0;
    const begun = performance.now();
    this.playing = true;
    this.button.textContent = NAMES[1];
    const tick = () => {
      if (!this.playing) return;
      const step = Math.round((last * (performance.now() - begun)) / (1000 * SECONDS));
      if (step >= last) return this.stop();
      this.live.showUntil(step);
      const snapshot = timeline.steps.findLast((each) => each <= step);
      if (snapshot !== undefined) timeline.show(snapshot, false);
      requestAnimationFrame(tick);
    };
    tick();
  }

  /** Show all of the training. */
  stop() {
    if (!this.playing) return;
    this.playing = false;
    this.button.textContent = NAMES[0];
    this.live.showUntil(Infinity);
    const timeline = this.timelineOf(this.live.growing);
    const last = timeline.steps.at(-1);
    if (last !== undefined) timeline.show(last);
  }
}
