// The heatmap's arithmetic of places, and its drawing.

const LABEL_FONT = 12; // px
const LABEL_ANGLE = (70 * Math.PI) / 180;
const STRIP = 6; // px, the row that shows each token's kind
const HEIGHT = 470; // px that the cells may take, as long as a unit has at least one

/** Where things lie for a container of a width, in CSS pixels. */
export function place({ words, units }, width) {
  const left = 52;
  const cellWidth = Math.max(15, Math.min(30, (width - left - 28) / words.length));
  const cellHeight = Math.max(1, Math.min(14, Math.floor(HEIGHT / units)));
  const longest = Math.max(...words.map((token) => token.length));
  const top = Math.ceil(Math.sin(LABEL_ANGLE) * longest * 6.3) + 10 + STRIP + 3;
  return {
    left,
    top,
    cellWidth,
    cellHeight,
    width: Math.max(width, Math.ceil(left + cellWidth * words.length + 28)),
    height: top + cellHeight * units + 22,
  };
}

export function paint(canvas, data, theme, box, cell) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    [canvas.width, canvas.height] = [wide, high];
    canvas.style.width = `${box.width}px`;
    canvas.style.height = `${box.height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  paintWords(pen, data, theme, box);
  paintUnits(pen, data, theme, box);
  paintCells(pen, data, theme, box);
  if (cell) paintCursor(pen, cell, theme, box);
}

function paintWords(pen, { words, kinds }, theme, box) {
  pen.font = `${LABEL_FONT}px ${theme.font}`;
  words.forEach((token, index) => {
    const x = box.left + index * box.cellWidth;
    const kind = kinds[index] === "hundred" || kinds[index] === "thousand" ? "place" : kinds[index];
    pen.fillStyle = theme.kind[kind];
    pen.fillRect(x, box.top - STRIP - 2, box.cellWidth - 1, STRIP);
    pen.save();
    pen.translate(x + box.cellWidth / 2 + 3, box.top - STRIP - 6);
    pen.rotate(-LABEL_ANGLE);
    pen.fillStyle = theme.text;
    pen.fillText(token, 0, 0);
    pen.restore();
  });
}

function paintUnits(pen, { units }, theme, box) {
  const every = [1, 2, 4, 8, 16, 32, 64, 128, 256].find((step) => step * box.cellHeight >= 24) ?? 512;
  pen.font = `${LABEL_FONT}px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let unit = 0; unit < units; unit += every) {
    pen.fillText(unit, box.left - 6, box.top + (unit + 0.5) * box.cellHeight);
  }
  pen.textAlign = "left";
  pen.fillText("unit", 0, box.top - STRIP);
  pen.textBaseline = "alphabetic";
  pen.fillText("one column a token, one row a unit", box.left, box.height - 5);
}

function paintCells(pen, { values, words, units }, theme, box) {
  const shade = ramp(theme.diverging);
  for (let unit = 0; unit < units; unit++) {
    for (let index = 0; index < words.length; index++) {
      const value = values[unit * words.length + index] / 32767;
      pen.fillStyle = shade[Math.round((value + 1) * 127.5)];
      const x = Math.round(box.left + index * box.cellWidth);
      const next = Math.round(box.left + (index + 1) * box.cellWidth);
      pen.fillRect(x, box.top + unit * box.cellHeight, next - x, box.cellHeight);
    }
  }
}

function paintCursor(pen, [row, column], theme, box) {
  const x = box.left + column * box.cellWidth;
  const y = box.top + row * box.cellHeight;
  for (const [color, width] of [[theme.background, 5], [theme.cursor, 2]]) {
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.strokeRect(x - 1, y - 1, box.cellWidth + 2, Math.max(box.cellHeight, 3) + 2);
  }
}

/** 256 colours along a list of hex colours. */
const ramps = new Map();
function ramp(colors) {
  const name = colors.join();
  if (!ramps.has(name)) {
    const channels = colors.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));
    ramps.set(name, Array.from({ length: 256 }, (_, index) => mix(channels, index / 255)));
  }
  return ramps.get(name);
}

function mix(channels, share) {
  const at = share * (channels.length - 1);
  const low = Math.min(Math.floor(at), channels.length - 2);
  const rest = at - low;
  const parts = channels[low].map((from, index) => Math.round(from + (channels[low + 1][index] - from) * rest));
  return `rgb(${parts.join()})`;
}
