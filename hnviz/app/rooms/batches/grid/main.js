// The Batches page's picture: a text as a ribbon, one share of it, its words, and the window.

import { define } from "../../../kit/js/define.js";
import { loadStream } from "./stream.js";
import { View } from "./view.js";

export const render = define({
  styles: new URL("grid.css", import.meta.url),
  load: (data, home) => loadStream(new URL(data.stream, home)),
  create: (root) => new View(root),
});
