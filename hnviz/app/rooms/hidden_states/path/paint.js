// Where the path's points are, their colours, and how they are drawn.

import { inkOn, openCanvas, ring, writeAt } from "../../../kit/js/canvas.js";
import { colorName, kindItems } from "../../../kit/js/legend.js";
import { ramp } from "../../../kit/js/ramp.js";
import { percent } from "../../../kit/js/text.js";

const MARGIN = { left: 46, right: 14, top: 10, bottom: 44 };
const TALLEST = 480; // px
const TRAIL = 10; // tokens that are drawn strongly, up to the one shown
const DOT = 6;

const digit = (power) => ({ numbers }, at) => Math.floor(numbers[at] / power) % 10;

/** What colours a dot: its token's kind, or a digit of its number. */
export const COLORS = { "token kind": null, thousands: digit(1000), hundreds: digit(100), tens: digit(10), ones: digit(1) };

/** Where everything is in a container of a width, in CSS pixels; one scale for both axes. */
export function placePath({ points, bounds }, width) {
  const height = Math.min(TALLEST, Math.max(300, width * 0.6));
  const [across, down] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  const scale = Math.min(across / 2 / (bounds[0] || 1), down / 2 / (bounds[1] || 1)) * 0.94;
  const [cx, cy] = [MARGIN.left + across / 2, MARGIN.top + down / 2];
  return {
    width, height, scale, cx, cy, across, down,
    x: (at) => cx + points[2 * at] * scale,
    y: (at) => cy - points[2 * at + 1] * scale,
  };
}

export function paintPath(canvas, data, theme, box, { at, color }) {
  const pen = openCanvas(canvas, box.width, box.height);
  paintAxes(pen, data, theme, box);
  const n = data.words.length;
  pen.lineWidth = 1;
  pen.strokeStyle = theme.border;
  stroke(pen, box, 0, n - 1);
  pen.strokeStyle = theme.role.h_h;
  for (let end = Math.max(1, at - TRAIL); end <= at; end++) {
    pen.globalAlpha = 0.25 + (0.75 * (end - (at - TRAIL))) / TRAIL;
    pen.lineWidth = 2.5;
    stroke(pen, box, end - 1, end);
  }
  const order = [...Array(n).keys()].sort((one, other) => (one > at) - (other > at) || one - other);
  for (const each of order.filter((token) => token > at).concat(order.filter((token) => token <= at))) {
    pen.globalAlpha = each > at ? 0.3 : 1;
    paintDot(pen, data, theme, box, each, color);
  }
  pen.globalAlpha = 1;
  paintWords(pen, data, theme, box, at);
  const [x, y] = [box.x(at), box.y(at)];
  ring(pen, [x - DOT - 3, y - DOT - 3, 2 * DOT + 6, 2 * DOT + 6], theme);
}

function paintAxes(pen, { explained }, theme, { height, scale, cx, cy, across, down }) {
  pen.font = `12px ${theme.font}`;
  pen.lineWidth = 1;
  const each = [0.25, 0.5, 1, 2, 5, 10, 20].find((size) => size * scale >= 56) ?? 50;
  const text = (value) => String(value).replace("-", "−");
  pen.textBaseline = "middle";
  for (let step = -20; step <= 20; step++) {
    const [x, y] = [cx + step * each * scale, cy - step * each * scale];
    pen.strokeStyle = step ? theme.border : theme.control;
    pen.fillStyle = theme.muted;
    if (Math.abs(x - cx) <= across / 2) {
      line(pen, [x, cy - down / 2], [x, cy + down / 2]);
      pen.textAlign = "center";
      pen.fillText(text(step * each), x, cy + down / 2 + 12);
    }
    if (Math.abs(y - cy) <= down / 2) {
      line(pen, [cx - across / 2, y], [cx + across / 2, y]);
      pen.textAlign = "right";
      pen.fillText(text(step * each), cx - across / 2 - 6, y);
    }
  }
  pen.textAlign = "center";
  pen.fillText(`component 1, ${percent(explained[0])} of the variance`, cx, height - 10);
  writeAt(pen, `component 2, ${percent(explained[1])}`, 10, cy, -Math.PI / 2);
}

function paintDot(pen, data, theme, box, at, color) {
  const { fill, ink, letter } = look(data, theme, at, color);
  const [x, y] = [box.x(at), box.y(at)];
  pen.fillStyle = fill;
  pen.strokeStyle = theme.control;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.arc(x, y, DOT, 0, 7);
  pen.fill();
  pen.stroke();
  pen.font = `600 9px ${theme.codeFont}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = ink;
  pen.fillText(letter, x, y + 0.5);
}

/** A dot's fill, and the letter or digit in it, so that colour is never the only sign. */
function look(data, theme, at, color) {
  if (!COLORS[color]) {
    const kind = data.kinds[at];
    const name = colorName(kind);
    return { fill: theme.kind[name], ink: theme.kindText[name], letter: theme.letters[kind] };
  }
  const value = COLORS[color](data, at);
  const shade = ramp(theme.sequential)[Math.round((value * 255) / 9)];
  return { fill: `rgb(${shade})`, ink: inkOn(shade), letter: value };
}

/** The words of the last few tokens, beside their dots. */
function paintWords(pen, { words }, theme, box, at) {
  pen.textBaseline = "middle";
  const taken = [];
  for (let token = at; token > Math.max(-1, at - 8); token--) {
    const right = box.x(token) < box.width - 90;
    const [x, y] = [box.x(token) + (right ? DOT + 6 : -DOT - 6), box.y(token)];
    if (taken.some(([left, up]) => Math.abs(left - x) < 70 && Math.abs(up - y) < 13)) continue;
    taken.push([x, y]);
    pen.font = `${token === at ? "600 13px" : "12px"} ${theme.font}`;
    pen.textAlign = right ? "left" : "right";
    pen.lineWidth = 3;
    pen.strokeStyle = theme.background;
    const word = words[token] === "," ? "comma" : words[token];
    pen.strokeText(word, x, y);
    pen.fillStyle = token === at ? theme.text : theme.muted;
    pen.fillText(word, x, y);
  }
}

export function paintLegend(element, data, theme, color) {
  if (!COLORS[color]) {
    element.replaceChildren(...kindItems(data.kinds, theme));
    return;
  }
  element.replaceChildren(`Each dot shows its number’s ${color} digit; the stronger the blue, the higher the digit.`);
}

function stroke(pen, box, from, to) {
  pen.beginPath();
  for (let at = from; at <= to; at++) pen.lineTo(box.x(at), box.y(at));
  pen.stroke();
}

function line(pen, from, to) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}
