// @ts-check
// A sentence about the run, which follows it.

import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

class Result {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.said = maker(body)("p", "hnviz-sentence result");
    this.said.setAttribute("aria-live", "polite");
    this.following = new Following(kit, "task_result", ({ sentence }) => this.say(sentence));
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ run }) {
    this.following.of(run);
  }

  /** @param {string|undefined} sentence */
  say(sentence) {
    if (sentence !== undefined) this.said.replaceChildren(...boldNodes(sentence));
  }

  destroy() {
    this.following.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Result(body, kit),
});
