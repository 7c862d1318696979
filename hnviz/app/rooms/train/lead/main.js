// @ts-check
// The headline of the Train page: one sentence that follows the run.

import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";

class Lead {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.said = document.createElement("p");
    this.said.className = "hnviz-sentence headline";
    this.said.setAttribute("aria-live", "polite");
    body.append(this.said);
    /** @type {import("../../../kit/js/timeline.js").Timeline|null} */
    this.timeline = null;
    /** @type {() => void} */
    this.leave = () => {};
    this.shown = "";
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    if (this.timeline !== this.kit.timeline) {
      this.leave();
      const timeline = (this.timeline = this.kit.timeline);
      if (timeline) this.leave = timeline.on((change) => change === "run" && this.show());
    }
    this.first = settings.lead;
    this.show();
  }

  show() {
    const sentence = this.timeline?.facts.lead ?? this.first;
    if (sentence !== this.shown) this.said.replaceChildren(...boldNodes(sentence));
    this.shown = sentence;
  }

  destroy() {
    this.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  create: (body, kit) => new Lead(body, kit),
});
