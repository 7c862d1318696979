// Two models with the same weights, in step: matching lines, what both made, and the difference.
//
// Each step of the answer holds two lines and three tensors; the third is null where nothing differs.

import { picture } from "../../../kit/js/picture.js";
import { Steps } from "../steps.js";
import { table } from "../cursor/table.js";

const SAME = { title: "how far they differ", note: "of all rows and units", text: "0.0 everywhere", role: "" };

class Pair extends Steps {
  constructor(body, kit) {
    super(body, kit, "Matching lines");
    const codes = this.make("div", "codes");
    this.names = [0, 1].map(() => {
      const side = this.make("div", "side", codes);
      const name = this.make("h4", "model", side);
      this.addCode(side);
      return name;
    });
    this.addTiles(3, "tiles three");
  }

  lay() {
    this.names.forEach((name, side) => (name.textContent = this.trace.names[side]));
  }

  shown({ tensors }) {
    const { trace } = this;
    return tensors.map((index, side) => {
      if (index === null) return SAME;
      const tensor = trace.tensors[index];
      const title = side < 2 ? `${trace.names[side]}: ${tensor.label}` : SAME.title;
      return { tensor, row: 0, unmarked: true, title };
    });
  }
}

export const render = picture({
  styles: new URL("../cursor/style.css", import.meta.url),
  shapes: { values: ["n"] },
  table,
  create: (body, kit) => new Pair(body, kit),
});
