// The Batches page's picture: the window of a mini-batch, where it is in the text, all mini-batches.

import { picture } from "../../../kit/js/picture.js";
import { loadStream } from "./stream.js";
import { View } from "./view.js";
import { table } from "./table.js";

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  load: (settings, home) => loadStream(new URL(settings.stream, home)),
  table,
  create: (body, kit) => new View(body, kit),
});
