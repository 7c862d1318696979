// What the marked cell is, and what a row carries over, in words.

import { plural } from "../../../kit/js/text.js";
import { sameCell } from "./layout.js";
import { bold, count, quoted } from "./words.js";

const NAMED = 3; // places that are written out before "and n more"
const AROUND = 6; // words on each side of a cell
const QUOTED = 3; // words on each side of a seam

const place = ([batch, row, step]) => `mini-batch ${count(batch)}, row ${row}, step ${step}`;

/** Return nodes: "Mini-batch 2, row 0, step 66 is at position 206 of the text. x is forty, ..." */
export function cellSentence(layout, stream, cell) {
  const position = layout.position(cell);
  const word = (at) => quoted(stream.words[stream.ids[at % stream.nTokens]]);
  const others = layout.cells(position).filter((other) => !sameCell(other, cell));
  return [
    bold(`Mini-batch ${count(cell[0])}, row ${cell[1]}, step ${cell[2]}`),
    ` is at position ${count(position)} of the text. x is `,
    bold(word(position)),
    ", its target y is ",
    bold(word(position + 1)),
    `${beyondWindow(layout, cell)}.${readAgain(others)}`,
  ];
}

/** The words around a cell as its row reads them, for readers who cannot see the strip of words. */
export function around(layout, stream, [batch, row, step]) {
  const offset = batch * layout.bptt + step;
  const words = [];
  for (let at = offset - AROUND; at <= offset + AROUND; at++) {
    const position = layout.around(row, at);
    if (position !== null) words.push(stream.words[stream.ids[position]]);
  }
  return ` Around it: “${words.join(" ")}”.`;
}

/** Where y is read as x, unless that is simply one step to the right. */
function beyondWindow(layout, cell) {
  const target = layout.target(cell);
  if (target) return target[0] === cell[0] ? "" : `, which opens this row in mini-batch ${count(target[0])}`;
  if (!layout.shuffled) return ", the token after the last that this row reads";
  return `, which opens another window: ${place(layout.owner((layout.position(cell) + 1) % layout.nTokens))}`;
}

function readAgain(others) {
  if (!others.length) return "";
  const times = others.length === 1 ? "twice" : `${count(others.length + 1)} times`;
  const named = others.slice(0, NAMED).map(place).join("; ");
  const more = others.length > NAMED ? `; and ${count(others.length - NAMED)} more places` : "";
  return ` Read ${times}: also ${named}${more}.`;
}

/** Return nodes: how many rows go on from one mini-batch to the next, and what that means. */
export function seamSentence(layout, stream, [batch, row]) {
  if (layout.nBatches === 1)
    return ["One mini-batch is the whole pass, so no row goes on."];
  const to = Math.max(1, batch); // mini-batch 0 has only one after it
  const kept = layout.nContinued(to);
  const verb = batch ? "go on where" : "will go on where";
  const from = `of mini-batch ${count(to)} ${verb} mini-batch ${count(to - 1)} stopped`;
  const rows = bold(`${kept} of ${plural(layout.bs, "row")}`);
  if (!layout.shuffled) return [rows, ` ${from}: a state that is carried fits what the row reads next.`];
  return [rows, ` ${from}; cut in order all ${layout.bs} do. ${brokenSeam(layout, stream, to, row)}`];
}

/** "Row 5 carries the state of “… five thousand forty” into “two , nine …”: unrelated text." */
function brokenSeam(layout, stream, batch, row) {
  if (layout.continues(batch, row)) return `Row ${row} does by chance.`;
  const words = (start, length) =>
    Array.from({ length }, (_, step) => stream.words[stream.ids[(start + step) % stream.nTokens]]);
  const few = Math.min(QUOTED, layout.bptt);
  const before = words(layout.rowStart(batch - 1, row) + layout.bptt - few, few).join(" ");
  const next = words(layout.rowStart(batch, row), few).join(" ");
  return `Row ${row} carries the state of “… ${before}” into “${next} …”, unrelated text.`;
}

/** A sentence for sizes at which the picture looks odd, "" for others. */
export function sizeNote({ bs, bptt, nTokens, rowLength, shuffled }) {
  const over = (length) => `${(length / nTokens).toFixed(2)} times over.`;
  const text = plural(nTokens, "token");
  if (bptt > nTokens)
    return ` The window is longer than the text: ${bptt} steps read its ${text} ${over(bptt)}`;
  if (bs > nTokens && !shuffled) {
    const empty = `${count(bs - nTokens)} of ${count(bs)} parts are empty`;
    return ` There are more rows than tokens: ${empty}, and their rows read the next part.`;
  }
  if (rowLength > nTokens && !shuffled)
    return ` A row reads ${count(rowLength)} tokens, the whole text ${over(rowLength)}`;
  return "";
}
