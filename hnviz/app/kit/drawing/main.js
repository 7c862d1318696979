// @ts-check
// A drawing that Python makes: SVG or HTML of hnviz/figures, for a page's width or a phone's.
//
// meta = { html } or { wide, narrow }, and a `note` that is written small below,
// or under a line named `fold`.

import { maker } from "../js/make.js";
import { picture } from "../js/picture.js";
import { sentTables } from "../js/tables.js";

const NARROW = 640; // px

class Drawn {
  /** @param {HTMLElement} body */
  constructor(body) {
    const make = maker(body);
    this.host = make("div", "");
    this.fold = make("details", "hnviz-fold");
    this.summary = make("summary", "", this.fold);
    this.note = make("p", "hnviz-note");
    this.shown = "";
  }

  /** @param {import("../js/picture.js").Drawing} drawing */
  draw({ answer }) {
    const { html, wide, narrow, note, fold } = answer?.meta ?? {};
    const shown = html ?? (this.host.clientWidth < NARROW ? narrow : wide) ?? "";
    // Python has escaped the text in what it drew, so it may be HTML.
    if (shown !== this.shown) this.host.innerHTML = shown;
    this.shown = shown;
    this.note.textContent = note ?? "";
    this.note.hidden = !note;
    this.summary.textContent = fold ?? "";
    this.fold.hidden = !fold;
    (fold ? this.fold : this.host.parentElement)?.append(this.note);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: sentTables,
  create: (body) => new Drawn(body),
});
