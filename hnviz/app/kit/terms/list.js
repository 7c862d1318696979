// @ts-check
// Terms, each with its meaning and a link to the picture that shows it, and a field that searches all of them.

import { maker } from "../js/make.js";

/** @typedef {import("./find.js").Term} Term */

const MOST_SAID = 40; // characters of a search that are repeated

export class List {
  /**
   * @param {HTMLElement} place
   * @param {URL} home
   */
  constructor(place, home) {
    this.home = home;
    const make = maker(place);
    const label = make("label", "find", place, "Find a word");
    this.field = /** @type {HTMLInputElement} */ (make("input", "", label));
    Object.assign(this.field, { type: "search", autocomplete: "off" });
    this.field.oninput = () => this.sift();
    this.list = make("dl", "", place);
    this.none = make("p", "none", place);
    this.none.setAttribute("role", "status");
    /** @type {Term[]} */
    this.all = [];
    /** @type {Term[]} */
    this.shown = [];
  }

  /**
   * @param {Term[]} all which a search looks through
   * @param {Term[]} shown without a search
   */
  show(all, shown) {
    this.all = all;
    this.shown = shown;
    this.sift();
  }

  sift() {
    const wanted = this.field.value.trim().toLowerCase();
    const terms = wanted ? this.all.filter(({ name, meaning }) => `${name} ${meaning}`.toLowerCase().includes(wanted)) : this.shown;
    this.list.replaceChildren(...terms.map((term) => this.entry(term)));
    this.none.textContent = wanted && !terms.length ? `No word here has “${wanted.slice(0, MOST_SAID)}” in it; try a shorter part.` : "";
  }

  /** @param {Term} term */
  entry(term) {
    const entry = document.createElement("div");
    const make = maker(entry);
    make("dt", "", entry, term.name);
    link(make("dd", "", entry, `${term.meaning}. `), term, this.home).setAttribute("aria-label", `See ${term.name}: ${term.title}`);
    return entry;
  }
}

/**
 * Add a link to the picture that shows a term.
 * @param {HTMLElement} place
 * @param {Term} term
 * @param {URL} home
 */
export function link(place, { title, address }, home) {
  const made = /** @type {HTMLAnchorElement} */ (maker(place)("a", "", place, `See it: ${title}`));
  made.href = new URL(address, home).href;
  return made;
}
