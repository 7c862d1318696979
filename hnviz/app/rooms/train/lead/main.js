// @ts-check
// The headline of the Train page: one sentence that follows the run.

import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

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
    this.shown = "";
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.first = settings.lead;
    this.hear();
  }

  hear() {
    const sentence = this.kit.timeline?.facts.lead ?? this.first;
    if (sentence !== this.shown) this.said.replaceChildren(...boldNodes(sentence));
    this.shown = sentence;
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Lead(body, kit),
});
