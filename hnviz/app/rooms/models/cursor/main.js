// The code cursor: a forward's source, and what the line that has run made.
//
// One answer holds a whole forward pass, so going through its lines asks nobody.

import { maker } from "../../../kit/js/make.js";
import { numberInAddress, onMark, putInAddress, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { Code } from "./code.js";
import { Stepper } from "./stepper.js";
import { Tile } from "./tile.js";
import { traceOf } from "./trace.js";

const TILES = 4;
const HINT = "Point at a value, or use the arrow keys in a picture, to read it here.";
const REST = 300; // ms without a move, after which the address is written
const AT = "models_at"; // in the address: the line that has run
const ROW = "models_row"; // and the row that is marked

class Cursor {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.sentence = make("p", "sentence");
    this.sentence.setAttribute("aria-live", "polite");
    this.stepper = new Stepper("Lines run", (step) => this.show(step));
    body.append(this.stepper.element);
    const rows = make("label", "rows", this.stepper.element);
    make("span", "name", rows, "Row marked");
    this.rowBox = make("select", "", rows);
    this.rowBox.onchange = () => this.show(this.stepper.at);
    const both = make("div", "both");
    const left = make("div", "left", both);
    this.code = new Code();
    left.append(this.code.element);
    this.note = make("p", "note", left);
    const right = make("div", "right", both);
    this.tiles = Array.from({ length: TILES }, () => new Tile((text) => this.tell(text), (unit) => this.point(unit)));
    make("div", "tiles", right).append(...this.tiles.map((tile) => tile.element));
    this.told = make("p", "told", right);
    this.stepper.listen(body);
    this.silence = onMark("unit", this, (unit) => this.markUnit(unit));
    this.tell("");
  }

  draw({ answer, theme }) {
    const trace = traceOf(answer);
    const kept = this.trace && sameCode(this.trace, trace);
    const first = this.trace ? trace.first : (within(AT, trace.steps.length) ?? trace.first);
    if (!this.trace || String(this.trace.rows) !== String(trace.rows)) this.drawRows(trace);
    this.trace = trace;
    this.theme = theme;
    this.code.show(trace.names[0], trace.sources[0], trace.roles);
    this.note.textContent = trace.note;
    this.stepper.resize(trace.steps.length);
    this.stepper.go(kept ? this.stepper.at : first);
  }

  drawRows({ rows }) {
    const row = this.trace ? this.rowBox.selectedIndex : (within(ROW, rows.length) ?? 0);
    this.rowBox.replaceChildren(...rows.map((text) => new Option(text)));
    this.rowBox.selectedIndex = Math.min(Math.max(row, 0), rows.length - 1);
  }

  /** Show a line as it ran. */
  show(at) {
    const { trace, theme } = this;
    const step = trace.steps[at];
    this.sentence.replaceChildren(...boldNodes(step.say));
    this.code.mark(step.lines[0], step.lasts[0]);
    const row = this.rowBox.selectedIndex;
    const pictures = choose(trace, at);
    this.tiles.forEach((tile, index) => {
      const each = pictures[index];
      if (!each) return tile.hide();
      const tensor = trace.tensors[each.tensor];
      if (each.later) {
        const text = each.later === 1 ? "made by the next line" : "made by a later line";
        tile.blank({ title: tensor.label, note: `(${tensor.shape.join(", ")})`, text, role: tensor.role, dashed: true });
      } else tile.show({ trace, tensor, row, theme, strong: each.now, words: trace.words });
    });
    const { dataset } = this.kit.root;
    dataset.line = at;
    dataset.paints = Number(dataset.paints ?? 0) + 1;
    this.tell("");
    clearTimeout(this.rest);
    this.rest = setTimeout(() => [putInAddress(AT, at), putInAddress(ROW, row)], REST);
  }

  tell(text) {
    this.told.textContent = text || HINT;
  }

  /** A unit under the pointer is marked wherever it is drawn. */
  point(unit) {
    this.markUnit(unit);
    setMark("unit", unit, this);
  }

  markUnit(unit) {
    for (const tile of this.tiles) tile.markUnit(unit);
  }

  destroy() {
    clearTimeout(this.rest);
    this.silence();
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

function within(name, size) {
  const asked = numberInAddress(name);
  return asked !== null && asked < size ? asked : null;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  shapes: { values: ["n"] },
  create: (body, kit) => new Cursor(body, kit),
});
