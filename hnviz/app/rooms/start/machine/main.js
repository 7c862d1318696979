// @ts-check
// The line that says what the app trains on, from the topic "machine".

import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

class Machine {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    const line = maker(body)("p", "line", body);
    this.following = new Following(kit, "machine", (news) => (line.textContent = news.line));
  }

  draw() {
    this.following.of("");
  }

  destroy() {
    this.following.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Machine(body, kit),
});
