// The code cursor: a forward's source, and what the line that has run made.
//
// One answer holds a whole forward pass, so going through its lines asks nobody.

import { putInAddress } from "../../../kit/js/address.js";
import { menu } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { Steps } from "../steps.js";
import { table } from "./table.js";

const TILES = 4;
const REST = 300; // ms without a move, after which the address is written
const AT = "models_at"; // in the address: the line that has run
const ROW = "models_row"; // and the row that is marked

class Cursor extends Steps {
  constructor(body, kit) {
    super(body, kit, "Lines run");
    this.rowBox = menu(this.stepper.element, "Row to follow", { above: true });
    this.rowBox.onchange = () => this.show(this.stepper.at);
    const both = this.make("div", "both");
    const left = this.make("div", "left", both);
    this.addCode(left);
    this.note = this.make("p", "note", left);
    this.addTiles(TILES, "tiles", this.make("div", "right", both));
  }

  lay(before) {
    const { rows, note } = this.trace;
    this.note.textContent = note;
    if (String(before?.rows) === String(rows)) return;
    const row = before ? this.rowBox.selectedIndex : this.kit.asked.number(ROW, 0, rows.length - 1, 0);
    this.rowBox.replaceChildren(...rows.map((text) => new Option(text)));
    this.rowBox.selectedIndex = Math.min(Math.max(row, 0), rows.length - 1);
  }

  first(before) {
    const { steps, first } = this.trace;
    return before ? first : this.kit.asked.number(AT, 0, steps.length - 1, first);
  }

  show(at) {
    super.show(at);
    const row = this.rowBox.selectedIndex;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => [putInAddress(AT, at), putInAddress(ROW, row)], REST);
  }

  /** What came before, what this line made, and what is still to be made. */
  shown({ made }, at) {
    const { steps, tensors } = this.trace;
    const now = made.slice(-TILES).map(({ tensor }) => this.tile(tensor, true));
    const next = steps.findIndex((step, index) => index > at && step.made.length > 0);
    const later = next < 0 ? [] : [blank(tensors[steps[next].made[0].tensor], next - at)];
    const room = TILES - now.length - later.length;
    const before = [];
    for (let index = at - 1; index >= 0 && before.length < room; index--)
      if (steps[index].made.length) before.unshift(this.tile(steps[index].made.at(-1).tensor, false));
    return [...before, ...now, ...later].slice(0, TILES);
  }

  tile(index, strong) {
    const { tensors, words } = this.trace;
    return { tensor: tensors[index], row: this.rowBox.selectedIndex, strong, words };
  }

  destroy() {
    clearTimeout(this.rest);
    super.destroy();
  }
}

/** The frame of a tensor that a line `later` makes. */
function blank({ label, shape, role }, later) {
  const text = later === 1 ? "The next line makes this." : "A later line makes this.";
  return { title: label, note: `(${shape.join(", ")})`, text, role, dashed: true };
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  shapes: { values: ["n"] },
  table,
  create: (body, kit) => new Cursor(body, kit),
});
