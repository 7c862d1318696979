// Where the heatmap's cells are, and how they are drawn. The canvas is only as wide as what can be
// seen, as 2,000 columns would be too wide for one; it is painted again when the reader scrolls.

import { openCanvas, ring, writeAt } from "../../../kit/js/canvas.js";
import { colorName } from "../../../kit/js/legend.js";
import { ramp } from "../../../kit/js/ramp.js";
import { matrixWidth, paintMatrix } from "./matrix.js";

const LABEL_FONT = 12; // px
const LABEL_ANGLE = (70 * Math.PI) / 180;
const STRIP = 15; // px, the row that shows each token's kind
const HEIGHT = 390; // px that the cells may take, as long as a unit has at least one
const LEFT = 58; // px, the units' names
const GROUP = 18; // px more, for the names of groups of units
const HEAD = 84; // px above the matrix, for its heads and its labels
const RIGHT = 28; // px, for the end of the last word, which is slanted

/** Where everything is in a container of a width, in CSS pixels. */
export function place(data, width, scrolled) {
  const { words, units, groups } = data;
  const matrix = matrixWidth(data, width);
  const left = LEFT + (groups.length ? GROUP : 0);
  const room = width - left - RIGHT - matrix;
  const cellWidth = Math.max(13, Math.min(30, room / words.length));
  const cellHeight = Math.max(1, Math.min(14, Math.floor(HEIGHT / units)));
  const longest = words.reduce((most, word) => Math.max(most, Math.min(word.length, 20)), 1);
  const high = Math.ceil(Math.sin(LABEL_ANGLE) * longest * 6.3) + 10 + STRIP + 3;
  const top = matrix ? Math.max(high, HEAD) : high;
  const total = Math.ceil(left + cellWidth * words.length + RIGHT + matrix);
  const offset = Math.max(0, Math.min(scrolled, total - width));
  const from = Math.max(0, Math.floor(offset / cellWidth));
  const to = Math.min(words.length, Math.ceil((offset + width - matrix - left) / cellWidth));
  return {
    cellWidth, cellHeight, top, width, total, from, to, left, matrix,
    edge: width - matrix, // of the columns: the matrix lies beyond it
    x: (column) => left + column * cellWidth - offset,
    height: top + cellHeight * units + 24,
    isWhole: total <= width,
  };
}

/** The column under a pointer that is dragged, held within the words. */
export function columnAt(box, { words }, x) {
  return Math.max(0, Math.min(words.length - 1, Math.floor((x - box.x(0)) / box.cellWidth)));
}

export function cellAt(box, { words, units, order }, x, y) {
  if (x < box.left || x >= box.edge) return null;
  const column = Math.floor((x - box.x(0)) / box.cellWidth);
  const row = Math.floor((y - box.top) / box.cellHeight);
  const inside = column >= 0 && column < words.length && row >= 0 && row < units;
  return inside ? [order[row], column] : null;
}

/** How far to scroll so that a column can be seen. */
export function showColumn(box, column, scrolled) {
  const at = column * box.cellWidth;
  const seen = box.edge - box.left - RIGHT;
  if (at < scrolled) return at;
  return at + box.cellWidth > scrolled + seen ? at + box.cellWidth - seen : scrolled;
}

export function paint(canvas, data, theme, box, marks) {
  const pen = openCanvas(canvas, box.width, box.height);
  paintUnits(pen, data, theme, box, marks.unit);
  paintGroups(pen, data, theme, box);
  pen.save();
  pen.beginPath();
  pen.rect(box.left, 0, box.edge - box.left, box.height);
  pen.clip();
  paintWords(pen, data, theme, box);
  paintCells(pen, data, theme, box);
  pen.restore();
  paintMatrix(pen, data, theme, box, marks.unit);
  paintMarks(pen, data, theme, box, marks);
}

function paintWords(pen, { words, kinds }, theme, box) {
  pen.font = `${LABEL_FONT}px ${theme.font}`;
  for (let column = box.from; column < box.to; column++) {
    const x = box.x(column);
    const kind = colorName(kinds[column]);
    pen.fillStyle = theme.kind[kind];
    pen.fillRect(x, box.top - STRIP - 2, box.cellWidth - 1, STRIP);
    pen.fillStyle = theme.kindText[kind];
    pen.textAlign = "center";
    pen.fillText(theme.letters[kinds[column]], x + (box.cellWidth - 1) / 2, box.top - 6);
    pen.fillStyle = theme.text;
    pen.textAlign = "left";
    const word = words[column];
    const short = word.length > 20 ? `${word.slice(0, 19)}…` : word;
    writeAt(pen, short, x + box.cellWidth / 2 + 3, box.top - STRIP - 6, -LABEL_ANGLE);
  }
}

function paintUnits(pen, { units, order, words, first }, theme, box, unit) {
  const every = [1, 2, 4, 8, 16, 32, 64, 128, 256].find((step) => step * box.cellHeight >= 24) ?? 512;
  const picked = order.indexOf(unit);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let row = 0; row < units; row++) {
    const own = row === picked;
    if (!own && (row % every || Math.abs(row - picked) * box.cellHeight < 14)) continue;
    pen.font = `${own ? "600 " : ""}${LABEL_FONT}px ${theme.font}`;
    pen.fillStyle = own ? theme.text : theme.muted;
    pen.fillText(own ? `unit ${unit}` : order[row], box.left - 6, box.top + (row + 0.5) * box.cellHeight);
  }
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.font = `${LABEL_FONT}px ${theme.font}`;
  pen.fillStyle = theme.muted;
  const seen = `tokens ${first + box.from} to ${first + box.to - 1} of ${words.length.toLocaleString("en")}; scroll or swipe for more`;
  pen.fillText(box.isWhole ? "one column per token, one row per unit" : seen, box.left, box.height - 6);
}

/** The groups' names, upright, where there is room; a short line separates the groups. */
function paintGroups(pen, { groups }, theme, box) {
  let row = 0;
  pen.font = `${LABEL_FONT}px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "center";
  for (const [label, rows] of groups) {
    const name = label === "slot" ? "position" : label;
    if (rows * box.cellHeight > pen.measureText(name).width + 4)
      writeAt(pen, name, 11, box.top + (row + rows / 2) * box.cellHeight, -Math.PI / 2);
    row += rows;
    pen.fillRect(6, box.top + row * box.cellHeight - 0.5, 10, 1);
  }
  pen.textAlign = "left";
}

/** One pixel a cell, then enlarged: quick for any number of units. */
const small = document.createElement("canvas");
function paintCells(pen, { values, words, units, order, scale }, theme, box) {
  const shade = ramp(theme.diverging);
  const columns = box.to - box.from;
  if (columns < 1) return;
  const image = new ImageData(columns, units);
  for (let row = 0, at = 0; row < units; row++) {
    const start = order[row] * words.length + box.from;
    for (let column = 0; column < columns; column++, at += 4) {
      const color = shade[Math.round((values[start + column] / scale + 1) * 127.5)];
      image.data[at] = color[0];
      image.data[at + 1] = color[1];
      image.data[at + 2] = color[2];
      image.data[at + 3] = 255;
    }
  }
  small.width = columns;
  small.height = units;
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, box.x(box.from), box.top, columns * box.cellWidth, units * box.cellHeight);
}

function paintMarks(pen, { order, words, units }, theme, box, { unit, hover, column, range }) {
  const y = (one) => box.top + order.indexOf(one) * box.cellHeight;
  const [from, to] = [Math.max(box.left, box.x(0)), Math.min(box.edge - 2, box.x(words.length))];
  if (range) {
    const [start, end] = [Math.max(from, box.x(range[0])), Math.min(to, box.x(range[1] + 1))];
    if (end > start) ring(pen, [start, box.top - 1, end - start, units * box.cellHeight + 2], theme, { dash: [5, 4] });
  }
  ring(pen, [from - 1, y(unit) - 1, to - from + 2, box.cellHeight + 2], theme);
  const cell = hover ?? (column === null ? null : [unit, column]);
  if (!cell || box.x(cell[1]) < box.left - 1 || box.x(cell[1]) > box.edge) return;
  ring(pen, [box.x(cell[1]) - 1, y(cell[0]) - 1, box.cellWidth + 2, Math.max(box.cellHeight, 3) + 2], theme);
}
