// The whole pass zoomed out: every row's windows side by side, a pixel or so a token.

import { bytesOf } from "../../../kit/js/canvas.js";
import { colorName } from "../../../kit/js/legend.js";

const EXACT = 4096; // columns up to which a token has one of its own

/** Make { canvas, hatched }, once per layout. canvas is bs rows high; a column averages its tokens. */
export function epochImage(layout, stream, theme) {
  const { bs, bptt, nBatches, rowLength } = layout;
  const columns = rowLength <= EXACT ? rowLength : EXACT / 2;
  const image = new ImageData(columns, bs);
  const colors = Uint8Array.from(stream.kinds.flatMap((kind) => bytesOf(theme.kind[colorName(kind)])));
  const hatched = []; // [row, from, to], offsets in the row
  const sums = new Float32Array(4 * columns);
  for (let row = 0; row < bs; row++) {
    sums.fill(0);
    for (let batch = 0; batch < nBatches; batch++) {
      addWindow(sums, colors, stream, layout, [batch, row]);
      const own = layout.ownSteps(batch, row);
      if (own < bptt) hatched.push([row, batch * bptt + own, (batch + 1) * bptt]);
    }
    const pixels = image.data.subarray(4 * columns * row, 4 * columns * (row + 1));
    for (let at = 0; at < sums.length; at += 4) {
      for (let part = 0; part < 3; part++) pixels[at + part] = sums[at + part] / sums[at + 3];
      pixels[at + 3] = 255;
    }
  }
  const canvas = new OffscreenCanvas(columns, bs);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, hatched };
}

function addWindow(sums, colors, { ids }, layout, [batch, row]) {
  const { bptt, nTokens, rowLength } = layout;
  const scale = sums.length / 4 / rowLength;
  let at = layout.rowStart(batch, row);
  for (let offset = batch * bptt, end = offset + bptt; offset < end; offset++) {
    const column = 4 * Math.floor(offset * scale + 1e-9);
    const color = 3 * ids[at];
    sums[column] += colors[color];
    sums[column + 1] += colors[color + 1];
    sums[column + 2] += colors[color + 2];
    sums[column + 3]++;
    if (++at === nTokens) at = 0;
  }
}
