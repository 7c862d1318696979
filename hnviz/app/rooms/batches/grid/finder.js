// The search field: what it found, in words and as a list of places to go to.

import { findPositions, foundSentence, maskOf, parseQuery, Places } from "./find.js";
import { sameCell } from "./layout.js";
import { count } from "./words.js";

const LISTED = 8; // places that are named at once
const LONGEST = 200; // characters of a search

export class Finder {
  /** `goTo(cell)` moves the picture; `changed()` is called for another search. */
  constructor(parts, { goTo, changed }) {
    this.parts = parts;
    this.goTo = goTo;
    this.text = "";
    this.clear();
    parts.find.maxLength = LONGEST;
    parts.find.addEventListener("input", () => {
      this.search(parts.find.value);
      changed();
    });
    parts.find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.move(event.shiftKey ? -1 : 1);
    });
    parts.next.addEventListener("click", () => this.move(1));
    parts.previous.addEventListener("click", () => this.move(-1));
    parts.places.addEventListener("click", (event) => {
      const chosen = event.target.closest("button");
      if (chosen) this.goTo(this.places.at(Number(chosen.dataset.place)));
    });
  }

  clear() {
    this.positions = null; // where it begins in the stream
    this.mask = null; // one byte a token, 1 where it was found
    this.places = null; // the cells of a pass that read it
    this.listed = null;
  }

  /** Take another text, or another layout of it; `reading` is as in find.js. */
  relay(stream, layout, reading) {
    const same = stream === this.stream;
    this.cell = null; // none in this layout before the next painting
    this.stream = stream;
    this.reading = reading;
    const last = reading.numbers?.at(-1)[1];
    this.parts.finds.textContent = last ? "Find a number or words" : "Find words";
    this.parts.find.placeholder = last ? `such as ${last}` : "";
    this.layout = layout;
    if (!same || !this.positions) this.search(this.text);
    else this.place();
  }

  search(text) {
    const { parts, stream } = this;
    this.text = text.slice(0, LONGEST);
    if (parts.find.value !== this.text) parts.find.value = this.text;
    this.clear();
    this.query = parseQuery(this.text, stream, this.reading);
    if (this.query.words) {
      const found = findPositions(this.query, stream);
      this.positions = found.positions;
      this.mask = maskOf(found, stream.nTokens);
    }
    this.place();
  }

  /** Find the cells for this layout, and say so. */
  place() {
    const { parts, positions } = this;
    this.places = positions?.length ? new Places(this.layout, positions) : null;
    if (!this.places) this.mask = null;
    const many = this.places?.count ?? 0;
    parts.next.disabled = parts.previous.disabled = !many;
    const said = positions ? foundSentence(this.query, positions, many) : "";
    parts.found.textContent = this.query.problem ?? said;
    parts.results.hidden = !parts.found.textContent;
    this.listed = null;
  }

  /** Go to the next (1) or the previous (-1) place from the cell in view; past the end comes the first. */
  move(by) {
    if (!this.places?.count) return;
    const { places, cell } = this;
    const rank = cell ? places.rank(cell) : 0;
    const on = cell && rank < places.count && sameCell(places.at(rank), cell);
    const to = by > 0 ? rank + on : rank - 1;
    this.goTo(places.at((to + places.count) % places.count));
  }

  /** List the places around a cell; the one at the cell itself is marked. */
  show(cell) {
    if (this.listed && sameCell(cell, this.cell)) return;
    this.cell = cell;
    const many = this.places?.count ?? 0;
    const rank = many ? this.places.rank(cell) : 0;
    const current = rank < many && sameCell(this.places.at(rank), cell) ? rank : -1;
    const first = Math.max(0, Math.min(rank - LISTED / 2, many - LISTED));
    const listed = `${first} ${current} ${many}`;
    if (listed === this.listed) return;
    this.listed = listed;
    const shown = Array.from({ length: Math.min(LISTED, many) }, (_, at) => first + at);
    this.parts.places.replaceChildren(...shown.map((at) => this.item(at, at === current)));
    this.parts.places.start = first + 1;
    const range = `Places ${count(first + 1)} to ${count(first + LISTED)} of ${count(many)}.`;
    this.parts.more.textContent = many > LISTED ? range : "";
  }

  item(at, current) {
    const [batch, row, step] = this.places.at(at);
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.place = at;
    button.textContent = `mini-batch ${count(batch)}, row ${row}, step ${step}`;
    button.title = `Go to mini-batch ${count(batch)}, row ${row}, step ${step}`;
    if (current) button.setAttribute("aria-current", "true");
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}
