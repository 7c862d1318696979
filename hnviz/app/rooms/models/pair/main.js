// Two models with the same weights, in step: matching lines, what both made, and the difference.
//
// Each step of the answer holds two lines and three tensors; the third is null where nothing differs.

import { maker } from "../../../kit/js/make.js";
import { onMark, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { Code } from "../cursor/code.js";
import { Stepper } from "../cursor/stepper.js";
import { Tile } from "../cursor/tile.js";
import { traceOf } from "../cursor/trace.js";

const HINT = "Point at a value, or use the arrow keys in a picture, to read it here.";

class Pair {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.sentence = make("p", "sentence");
    this.sentence.setAttribute("aria-live", "polite");
    this.stepper = new Stepper("Matching lines", (step) => this.show(step));
    body.append(this.stepper.element);
    const codes = make("div", "codes");
    this.codes = [new Code(), new Code()];
    this.names = this.codes.map((code) => {
      const side = make("div", "side", codes);
      const name = make("h4", "model", side);
      side.append(code.element);
      return name;
    });
    this.tiles = Array.from({ length: 3 }, () => new Tile((text) => this.tell(text), (unit) => this.point(unit)));
    make("div", "tiles three").append(...this.tiles.map((tile) => tile.element));
    this.told = make("p", "told");
    this.stepper.listen(body);
    this.silence = onMark("unit", this, (unit) => this.markUnit(unit));
    this.tell("");
  }

  draw({ answer, theme }) {
    const trace = traceOf(answer);
    const kept =
      this.trace && String(this.trace.names) === String(trace.names) &&
      this.trace.steps.length === trace.steps.length && this.trace.first === trace.first;
    this.trace = trace;
    this.theme = theme;
    trace.names.forEach((name, side) => {
      this.names[side].textContent = name;
      this.codes[side].show(name, trace.sources[side], trace.roles);
    });
    this.stepper.resize(trace.steps.length);
    this.stepper.go(kept ? this.stepper.at : trace.first);
  }

  /** Show a pair of matching lines. */
  show(at) {
    const { trace, theme } = this;
    const step = trace.steps[at];
    this.sentence.replaceChildren(...boldNodes(step.say));
    this.codes.forEach((code, side) => code.mark(step.lines[side], step.lasts[side]));
    step.tensors.forEach((index, side) => {
      const title = side < 2 ? `${trace.names[side]}: ${trace.tensors[index].label}` : "how far they differ";
      if (index === null)
        this.tiles[side].blank({ title, note: "of all rows and units", text: "0.0 everywhere", role: "", dashed: false });
      else this.tiles[side].show({ trace, tensor: trace.tensors[index], row: 0, unmarked: true, theme, title });
    });
    const { dataset } = this.kit.root;
    dataset.line = at;
    dataset.paints = Number(dataset.paints ?? 0) + 1;
    this.tell("");
  }

  tell(text) {
    this.told.textContent = text || HINT;
  }

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

export const render = picture({
  styles: new URL("../cursor/style.css", import.meta.url),
  shapes: { values: ["n"] },
  create: (body, kit) => new Pair(body, kit),
});
