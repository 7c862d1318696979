// What the marked cell is, in words. Words of a corpus are data: text nodes, never HTML.

import { sameCell } from "./layout.js";

const NAMED = 3; // places that are written out before "and n more"

export const count = (number) => number.toLocaleString("en-US");

const place = ([batch, row, step]) => `mini-batch ${batch}, row ${row}, step ${step}`;

/** Return nodes: "Mini-batch 2, row 0, step 66 is stream position 206. x is forty, ..." */
export function cellSentence(layout, stream, cell) {
  const position = layout.position(cell);
  const word = (at) => quoted(stream.words[stream.ids[at % stream.nTokens]]);
  const others = layout.cells(position).filter((other) => !sameCell(other, cell));
  return [
    bold(`Mini-batch ${cell[0]}, row ${cell[1]}, step ${cell[2]}`),
    ` is stream position ${count(position)}. x is `,
    bold(word(position)),
    ", its target y is ",
    bold(word(position + 1)),
    `${beyondWindow(layout, cell)}.${readAgain(others)}`,
  ];
}

/** Where y stands as x, unless it is simply one step to the right. */
function beyondWindow(layout, cell) {
  const target = layout.target(cell);
  if (!target) return ", the token after the last that this row reads";
  return target[0] === cell[0] ? "" : `, which opens this row in mini-batch ${target[0]}`;
}

function readAgain(others) {
  if (!others.length) return "";
  const times = others.length === 1 ? "twice" : `${count(others.length + 1)} times`;
  const named = others.slice(0, NAMED).map(place).join("; ");
  const more = others.length > NAMED ? `; and ${count(others.length - NAMED)} more places` : "";
  return ` Read ${times}: also ${named}${more}.`;
}

/** Marks are hard to see between marks. */
const quoted = (word) => (/^\w/.test(word) ? word : `“${word}”`);

function bold(text) {
  const node = document.createElement("b");
  node.textContent = text;
  return node;
}
