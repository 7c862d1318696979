// @ts-check
// All terms: a field searches them, and each has a link to the picture that shows it.

import { fetchOnce } from "../../../kit/js/fetch.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

/** @typedef {import("../../../kit/terms/find.js").Term} Term */

class WordList {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const label = make("label", "find", body, "Find a word");
    this.field = /** @type {HTMLInputElement} */ (make("input", "", label));
    Object.assign(this.field, { type: "search", autocomplete: "off" });
    this.field.oninput = () => this.sift();
    this.list = make("dl", "", body);
    this.none = make("p", "none", body);
    this.none.setAttribute("role", "status");
    /** @type {{ element: HTMLElement, text: string }[]} */
    this.entries = [];
  }

  draw() {
    const glossary = /** @type {Term[]} */ (this.kit.files);
    if (!this.entries.length) this.entries = glossary.map((term) => this.entry(term));
  }

  /** @param {Term} term */
  entry({ name, meaning, title, address }) {
    const make = maker(this.list);
    const element = make("div", "entry");
    make("dt", "", element, name);
    const said = make("dd", "", element, `${meaning}. `);
    const link = /** @type {HTMLAnchorElement} */ (make("a", "", said, `See it: ${title}`));
    link.href = new URL(address, this.kit.home).href;
    link.setAttribute("aria-label", `See ${name}: ${title}`);
    return { element, text: `${name} ${meaning}`.toLowerCase() };
  }

  sift() {
    const wanted = this.field.value.trim().toLowerCase();
    for (const { element, text } of this.entries) element.hidden = !text.includes(wanted);
    const left = this.entries.some(({ element }) => !element.hidden);
    this.none.textContent = left ? "" : `No word here has “${this.field.value.slice(0, 40)}” in it; try a shorter part.`;
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  load: (settings, home) => fetchOnce(new URL(settings.glossary, home), "json"),
  create: (body, kit) => new WordList(body, kit),
});
