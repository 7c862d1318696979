// A page's takeaway. The frame writes the sentence; there is nothing else to draw.

import { picture } from "../js/picture.js";
import { HAS_NONE } from "../js/tables.js";

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  keeps: true,
  table: HAS_NONE.words,
  create: () => ({ draw() {} }),
});
