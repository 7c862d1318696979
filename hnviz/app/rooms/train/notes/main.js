// @ts-check
// Sentences about the curves, which follow the run.
//
// settings = { parts: names of the topic's fields, how: a sentence that never changes }

import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

class Notes {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.body = body;
    this.kit = kit;
    this.fields = {};
    this.following = new Following(kit, "notes", (news) => this.take(news));
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings, run }) {
    this.settings = settings;
    if (this.following.of(run)) this.fields = {};
    else this.show();
  }

  /** @param {Record<string, any>} news */
  take(news) {
    this.fields = { ...this.fields, ...news };
    this.show();
  }

  show() {
    const fields = /** @type {Record<string, string>} */ ({ ...this.fields, how: this.settings.how });
    const said = this.settings.parts.map((/** @type {string} */ name) => fields[name] ?? "").filter(Boolean);
    const text = said.join("\n");
    if (text === this.text || !Object.keys(this.fields).length) return;
    this.text = text;
    this.body.replaceChildren();
    for (const sentence of said) maker(this.body)("p", "").append(...boldNodes(sentence));
  }

  destroy() {
    this.following.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Notes(body, kit),
});
