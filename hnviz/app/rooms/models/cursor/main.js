// The code cursor: a forward's source, and what the line that has run made.
//
// data = { trace, alt }; the trace's file is described in hnviz/app/rooms/models/cursor.py. It holds one whole
// forward pass, so going through it asks nobody.

import { define } from "../../../kit/js/define.js";
import { Code } from "./code.js";
import { Stepper } from "./stepper.js";
import { Tile } from "./tile.js";
import { loadTrace, say } from "./trace.js";

const TILES = 4;
const HINT = "Point at a value, or use the arrow keys in a picture, to read it here.";
const REST = 300; // ms without a move, after which the address is written

class Cursor {
  constructor(root) {
    this.root = root;
    this.sentence = element("p", "sentence");
    this.sentence.setAttribute("aria-live", "polite");
    this.stepper = new Stepper("Lines run", (step) => this.draw(step));
    this.rowBox = document.createElement("select");
    this.rowBox.onchange = () => this.draw(this.stepper.at);
    const rows = element("label", "rows");
    rows.append(name("Row marked"), this.rowBox);
    this.stepper.element.append(rows);
    this.code = new Code();
    this.tiles = Array.from({ length: TILES }, () => new Tile((text) => this.tell(text)));
    this.told = element("p", "told");
    const grid = element("div", "tiles");
    grid.append(...this.tiles.map((tile) => tile.element));
    const right = element("div", "right");
    right.append(grid, this.told);
    const both = element("div", "both");
    this.note = element("p", "note");
    const left = element("div", "left");
    left.append(this.code.element, this.note);
    both.append(left, right);
    root.append(this.sentence, this.stepper.element, both);
    this.stepper.listen(root);
    this.resized = new ResizeObserver(() => this.tiles.forEach((tile) => tile.draw()));
    this.resized.observe(root);
    this.tell("");
  }

  update({ files, theme }) {
    const kept = this.trace && sameCode(this.trace, files);
    const first = this.trace ? files.first : inAddress("at", files.steps.length) ?? files.first;
    if (!this.trace || String(this.trace.rows) !== String(files.rows)) this.drawRows(files);
    this.trace = files;
    this.theme = theme;
    this.code.show(files.names[0], files.sources[0], files.roles);
    this.note.textContent = files.note;
    this.stepper.resize(files.steps.length);
    this.stepper.go(kept ? this.stepper.at : first);
  }

  drawRows(files) {
    const row = this.trace ? this.rowBox.selectedIndex : inAddress("row", files.rows.length) ?? 0;
    this.rowBox.replaceChildren(...files.rows.map((text) => new Option(text)));
    this.rowBox.selectedIndex = Math.min(Math.max(row, 0), files.rows.length - 1);
  }

  draw(at) {
    const { trace, theme } = this;
    const step = trace.steps[at];
    say(this.sentence, step.say);
    this.code.mark(step.lines[0], step.lasts[0]);
    const row = this.rowBox.selectedIndex;
    const pictures = choose(trace, at);
    this.tiles.forEach((tile, index) => {
      const each = pictures[index];
      if (!each) return tile.hide();
      const tensor = trace.tensors[each.tensor];
      if (each.later) {
        const text = each.later === 1 ? "made by the next line" : "made by a line still to come";
        tile.blank({ title: tensor.label, note: `(${tensor.shape.join(", ")})`, text, role: tensor.role, dashed: true });
      } else tile.show({ trace, tensor, row, theme, strong: each.now, words: trace.words });
    });
    this.root.dataset.step = at;
    this.root.dataset.paints = Number(this.root.dataset.paints ?? 0) + 1;
    this.tell("");
    clearTimeout(this.rest);
    this.rest = setTimeout(() => toAddress({ at, row }), REST);
  }

  tell(text) {
    this.told.textContent = text || HINT;
  }

  destroy() {
    clearTimeout(this.rest);
    this.resized.disconnect();
  }
}

/** The tensors in view: what came before, what this line made, and what is still to be made. */
function choose({ steps }, at) {
  const now = steps[at].made.map(({ tensor }) => ({ tensor, now: true })).slice(-TILES);
  const next = steps.findIndex((step, index) => index > at && step.made.length > 0);
  const later = next < 0 ? [] : [{ tensor: steps[next].made[0].tensor, later: next - at }];
  const room = TILES - now.length - later.length;
  const before = [];
  for (let index = at - 1; index >= 0 && before.length < room; index--)
    if (steps[index].made.length) before.unshift({ tensor: steps[index].made.at(-1).tensor });
  return [...before, ...now, ...later].slice(0, TILES);
}

function sameCode(one, two) {
  return one.names[0] === two.names[0] && one.steps.length === two.steps.length;
}

function inAddress(field, size) {
  const asked = new URL(location).searchParams.get(`models_${field}`);
  return /^\d{1,6}$/.test(asked ?? "") && Number(asked) < size ? Number(asked) : null;
}

function toAddress(fields) {
  const url = new URL(location);
  for (const [field, value] of Object.entries(fields)) url.searchParams.set(`models_${field}`, value);
  history.replaceState(history.state, "", url); // st.query_params would add to the history
}

function element(tag, look) {
  const made = document.createElement(tag);
  made.className = look;
  return made;
}

function name(text) {
  const span = element("span", "name");
  span.textContent = text;
  return span;
}

export const render = define({
  styles: new URL("cursor.css", import.meta.url),
  load: (data, home) => loadTrace(new URL(data.trace, home)),
  create: (root) => new Cursor(root),
});
