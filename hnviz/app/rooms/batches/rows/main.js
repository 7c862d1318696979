// The first rows of the mini-batch in view as text, as the notebook's show_batch prints them.

import { maker } from "../../../kit/js/make.js";
import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { mark, onMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { cellOf } from "../grid/layout.js";
import { layoutOf } from "../grid/shuffled.js";
import { loadStream } from "../grid/stream.js";
import { count } from "../grid/words.js";
import { HAS_NONE, listed } from "../../../kit/js/tables.js";

const ROWS = 5;
const MOST_WRITTEN = 140; // tokens of a row
const PAST = "batches_past"; // in the address

class Rows {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.title = make("h3", "title");
    this.title.dataset.testid = "batches_rows_title";
    this.sentence = make("p", "sentence");
    const label = make("label", "past");
    this.past = make("input", "", label);
    this.past.type = "checkbox";
    label.append("One past the last mini-batch");
    this.past.checked = kit.asked.choice(PAST, ["true", "false"], "false") === "true";
    this.past.addEventListener("change", () => this.choose());
    const table = make("table", "rows");
    const head = make("tr", "", make("thead", "", table));
    for (const name of ["row", "from position", "text"]) make("th", "", head, name).scope = "col";
    this.lines = make("tbody", "", table);
    this.silence = onMark("batch", this, () => this.show());
  }

  choose() {
    putInAddress(PAST, this.past.checked ? "true" : null);
    this.show();
  }

  draw({ settings }) {
    this.stream = this.kit.files;
    this.layout = layoutOf(this.stream.nTokens, settings);
    this.sentence.textContent = settings.sentence;
    this.show();
  }

  /** The mini-batch in view, or the one past the last, where rows read on from the end of the text to its start. */
  get batch() {
    if (this.past.checked) return this.layout.nBatches;
    const inView = mark("batch") ?? cellOf(inAddress("cell"))?.[0] ?? 0;
    return Math.min(inView, this.layout.nBatches - 1);
  }

  show() {
    if (!this.layout) return;
    const { batch, layout } = this;
    this.title.textContent = `Mini-batch ${count(batch)} as text`;
    this.texts = Array.from({ length: Math.min(ROWS, layout.bs) }, (_, row) => this.line(batch, row));
    this.lines.replaceChildren(...this.texts.map(lineElement));
  }

  line(batch, row) {
    const start = this.layout.rowStart(batch, row);
    const { ids, words, nTokens } = this.stream;
    const { bptt } = this.layout;
    const read = Array.from({ length: Math.min(bptt, MOST_WRITTEN) }, (_, step) => words[ids[(start + step) % nTokens]]);
    const more = bptt > MOST_WRITTEN ? ` … and ${count(bptt - MOST_WRITTEN)} more` : "";
    return [row, start, read.join(" ") + more];
  }

  destroy() {
    this.silence();
  }
}

function lineElement(cells) {
  const line = document.createElement("tr");
  const make = maker(line);
  for (const cell of cells) make("td", "", line, String(cell));
  return line;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  load: (settings, home) => loadStream(new URL(settings.stream, home)),
  table: HAS_NONE.table,
  rows: (_, view) => [listed(view.title.textContent, [{ title: "row" }, { title: "from position" }, { title: "text" }], view.texts)],
  create: (body, kit) => new Rows(body, kit),
});
