// What the pictures of a forward pass share: a reader goes through its steps; each marks lines of
// code, and shows tensors as tiles.
//
// A subclass lays the elements out, and says which tensors a step shows.

import { maker } from "../../kit/js/make.js";
import { onMark, setMark } from "../../kit/js/page.js";
import { boldNodes } from "../../kit/js/text.js";
import { Code } from "./cursor/code.js";
import { Stepper } from "./cursor/stepper.js";
import { Tile } from "./cursor/tile.js";
import { traceOf } from "./cursor/trace.js";

const HINT = "Point at a value to read it here, or walk to it with the arrow keys.";

export class Steps {
  /** `title` names what the slider counts. */
  constructor(body, kit, title) {
    this.kit = kit;
    this.make = maker(body);
    this.sentence = this.make("p", "sentence");
    this.sentence.setAttribute("aria-live", "polite");
    this.stepper = new Stepper(body, title, (step) => this.show(step));
    this.stepper.listen(body);
    this.codes = [];
    this.silence = onMark("unit", this, (unit) => this.markUnit(unit));
  }

  addCode(parent) {
    this.codes.push(new Code(parent));
  }

  addTiles(count, look, parent) {
    const row = this.make("div", look, parent);
    const made = () => new Tile(row, (text) => this.tell(text), (unit) => this.point(unit));
    this.tiles = Array.from({ length: count }, made);
    this.told = this.make("p", "told", parent);
    this.tell("");
  }

  /** The step stays, unless the answer is about other code. */
  draw({ answer, theme }) {
    const before = this.trace;
    const trace = (this.trace = traceOf(answer));
    this.theme = theme;
    this.codes.forEach((code, side) => code.show(trace.names[side], trace.sources[side], trace.roles));
    this.lay(before);
    this.stepper.resize(trace.steps.length);
    this.stepper.go(before && String(codeOf(before)) === String(codeOf(trace)) ? this.stepper.at : this.first(before));
  }

  /** The step at which other code opens. */
  first() {
    return this.trace.first;
  }

  show(at) {
    const { trace, theme } = this;
    const step = trace.steps[at];
    this.sentence.replaceChildren(...boldNodes(step.say));
    this.codes.forEach((code, side) => code.mark(step.lines[side], step.lasts[side]));
    const shown = this.shown(step, at);
    this.tiles.forEach((tile, index) => tile.put(shown[index] && { trace, theme, ...shown[index] }));
    const { dataset } = this.kit.root;
    dataset.line = at;
    dataset.paints = Number(dataset.paints ?? 0) + 1;
    this.tell("");
    this.kit.table?.changed();
  }

  tell(text) {
    this.told.textContent = text || HINT;
    this.told.classList.toggle("hnviz-aside", !text); // a hint is in no file
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
    this.silence();
  }
}

const codeOf = ({ names, steps, first }) => [names, steps.length, first];
