// Two models with the same weights, in step: matching lines, what both made, and the difference.
//
// data = { trace, alt }, as of the code cursor; each step holds two lines and three tensors.

import { Code } from "../cursor/code.js";
import { Stepper } from "../cursor/stepper.js";
import { Tile } from "../cursor/tile.js";
import { loadTrace, say } from "../cursor/trace.js";
import { define } from "../../../kit/js/define.js";

const HINT = "Point at a value, or use the arrow keys in a picture, to read it here.";

class Pair {
  constructor(root) {
    this.root = root;
    this.sentence = element("p", "sentence");
    this.sentence.setAttribute("aria-live", "polite");
    this.stepper = new Stepper("Matching lines", (step) => this.draw(step));
    this.codes = [new Code(), new Code()];
    this.names = [element("h4", "model"), element("h4", "model")];
    const codes = element("div", "codes");
    this.codes.forEach((code, side) => {
      const box = element("div", "side");
      box.append(this.names[side], code.element);
      codes.append(box);
    });
    this.tiles = Array.from({ length: 3 }, () => new Tile((text) => this.tell(text)));
    const tiles = element("div", "tiles three");
    tiles.append(...this.tiles.map((tile) => tile.element));
    this.told = element("p", "told");
    root.append(this.sentence, this.stepper.element, codes, tiles, this.told);
    this.stepper.listen(root);
    this.resized = new ResizeObserver(() => this.tiles.forEach((tile) => tile.draw()));
    this.resized.observe(root);
    this.tell("");
  }

  update({ files, theme }) {
    const kept =
      this.trace && String(this.trace.names) === String(files.names) &&
      this.trace.steps.length === files.steps.length && this.trace.first === files.first;
    this.trace = files;
    this.theme = theme;
    files.names.forEach((name, side) => {
      this.names[side].textContent = name;
      this.codes[side].show(name, files.sources[side], files.roles);
    });
    this.stepper.resize(files.steps.length);
    this.stepper.go(kept ? this.stepper.at : files.first);
  }

  draw(at) {
    const { trace, theme } = this;
    const step = trace.steps[at];
    say(this.sentence, step.say);
    this.codes.forEach((code, side) => code.mark(step.lines[side], step.lasts[side]));
    step.tensors.forEach((index, side) => {
      const title = side < 2 ? `${trace.names[side]}: ${trace.tensors[index].label}` : "how far they differ";
      if (index === null)
        this.tiles[side].blank({ title, note: "of all rows and units", text: "0.0 everywhere", role: "", dashed: false });
      else this.tiles[side].show({ trace, tensor: trace.tensors[index], row: 0, unmarked: true, theme, title });
    });
    this.root.dataset.step = at;
    this.root.dataset.paints = Number(this.root.dataset.paints ?? 0) + 1;
    this.tell("");
  }

  tell(text) {
    this.told.textContent = text || HINT;
  }

  destroy() {
    this.resized.disconnect();
  }
}

function element(tag, look) {
  const made = document.createElement(tag);
  made.className = look;
  return made;
}

export const render = define({
  styles: new URL("../cursor/cursor.css", import.meta.url),
  load: (data, home) => loadTrace(new URL(data.trace, home)),
  create: (root) => new Pair(root),
});

