// The numbers 1 to 9999 as 100 x 100 squares: which of them a network says after those before.
//
// data = { alt, given, places, picked, serial }
//   places   base64 of an int8 a number, from 0 on: -2 not asked, -1 right, else the place of the
//            first wrong word
//   picked   the number whose card is shown; serial, of the last pick that Python has heard of
// Reported: "pick", "8317:1700000000000", number and serial.

import { define } from "../../../kit/js/define.js";
import { NOT_ASKED, RIGHT, numberAt, paint, place } from "./paint.js";
import { maker } from "../../../kit/js/make.js";

const REST = 250; // ms that the cursor rests before Python hears of it
const LAST = 9999;
const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -100, ArrowDown: 100, PageUp: -1000, PageDown: 1000 };
const count = (number) => number.toLocaleString("en-US");
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

class CountingMap {
  constructor(root) {
    const make = maker(root);
    this.host = make("div", "map");
    this.host.tabIndex = 0;
    this.canvas = make("canvas", "", this.host);
    this.canvas.setAttribute("role", "img");
    this.key = make("p", "key");
    this.say = make("p", "say");
    this.say.setAttribute("aria-live", "polite");
    this.serial = 0;
    this.paints = 0;
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.pick(this.under(event));
    this.host.onkeydown = (event) => this.walk(event);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
  }

  update({ data, theme, send }) {
    this.data = data;
    this.places = new Int8Array(Uint8Array.from(atob(data.places), (letter) => letter.charCodeAt(0)).buffer);
    this.theme = theme;
    this.send = send;
    // A later pick of one's own is on its way to Python: what comes back is older.
    if (data.serial >= this.serial) this.picked = data.picked;
    this.canvas.setAttribute("aria-label", data.alt);
    this.drawKey();
    this.draw();
  }

  draw() {
    const width = this.host.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.box = place(width);
    paint(this.canvas, this.box, { places: this.places, picked: this.picked, hovered: this.hovered, theme: this.theme });
    Object.assign(this.canvas.dataset, { paints: ++this.paints, picked: this.picked ?? "" });
    this.tell();
  }

  drawKey() {
    const { right, wrong, text, background, control } = this.theme;
    const items = [
      [right, "✓ right"],
      [wrong, "✗ first word wrong"],
      [text, "✗ a later word wrong"],
      [background, "not asked"],
    ];
    this.key.replaceChildren(
      ...items.map(([color, name]) => {
        const span = document.createElement("span");
        const chip = document.createElement("i");
        chip.style.cssText = `background:${color};box-shadow:inset 0 0 0 1px ${control}`;
        span.append(chip, name);
        return span;
      }),
    );
  }

  under(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return this.box ? numberAt(this.box, event.clientX - left, event.clientY - top) : null;
  }

  hover(event) {
    this.point(this.under(event));
  }

  point(number) {
    if (number === this.hovered) return;
    this.hovered = number;
    this.draw();
  }

  walk(event) {
    const move = MOVES[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.hovered = null;
    this.pick(Math.max(1, Math.min(LAST, (this.picked ?? 1) + move)));
  }

  pick(number) {
    if (number === null || number < 1 || number === this.picked) return;
    this.picked = number;
    this.serial = Date.now();
    this.draw();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.send("pick", `${number}:${this.serial}`), REST);
  }

  tell() {
    const number = this.hovered ?? this.picked;
    if (!number) {
      this.say.textContent = "Rows of 100 numbers: click a square or use the arrow keys to pick one.";
      return;
    }
    const strong = document.createElement("b");
    strong.textContent = count(number);
    this.say.replaceChildren(strong, `${this.after(number)}: ${this.verdict(number)}`);
  }

  after(number) {
    const first = Math.max(1, number - this.data.given);
    if (number < 2) return "";
    return first === number - 1 ? `, after ${count(first)}` : `, after ${count(first)} to ${count(number - 1)}`;
  }

  verdict(number) {
    const found = this.places[number];
    if (found === NOT_ASKED) return "not asked, there is no number before it.";
    if (found === RIGHT) return "✓ right.";
    return `✗ its ${ORDINALS[found] ?? `${found + 1}th`} word is wrong.`;
  }

  destroy() {
    clearTimeout(this.rest);
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("map.css", import.meta.url),
  create: (root) => new CountingMap(root),
});
