// The numbers 1 to 9,999 as 100 x 100 squares, and beside them the one that is picked: by click,
// arrow keys or typing. The address keeps it; the server is asked only for its words.

import { pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { picture } from "../../../kit/js/picture.js";
import { partNodes, upright } from "../../../kit/js/text.js";
import { LATER, NOT_ASKED, RIGHT, numberAt, paint, place } from "./paint.js";
import { table } from "./table.js";

const NUMBER = "map_number"; // in the address
const REST = 120; // ms that the cursor rests before a number's words are asked for
const FILMED = 620; // px of a film's width
const FILM_MS = 3300; // all frames; the last one is shown longer
const FIRST = 1;
const LAST = 9999;
const FRAMES = 12; // snapshots of a play: each takes the server most of a second
const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -100, ArrowDown: 100, PageUp: -1000, PageDown: 1000 };
const count = (number) => number.toLocaleString("en-US");
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

class CountingMap {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    body.classList.add("hnviz-counting");
    const left = make("div", "hnviz-squares");
    const right = make("div", "hnviz-picked");
    this.key = make("p", "hnviz-key", left);
    this.host = make("div", "hnviz-map", left);
    this.host.tabIndex = 0;
    this.canvas = make("canvas", "", this.host);
    this.canvas.setAttribute("role", "img");
    this.say = make("p", "hnviz-say", left);
    this.say.setAttribute("aria-live", "polite");
    this.mistakes = make("p", "hnviz-mistakes", left);
    const label = make("label", "hnviz-go", right, "Go to a number");
    this.input = make("input", "", label);
    this.input.type = "number";
    Object.assign(this.input, { min: FIRST, max: LAST, step: 1 });
    this.input.onchange = () => this.type();
    this.input.onkeydown = (event) => void (event.key === "Enter" && this.type());
    this.wrong = make("p", "hnviz-wrong", right);
    this.wrong.setAttribute("role", "alert");
    this.card = make("div", "hnviz-card", right);
    this.html = "";
    this.paints = 0;
    this.canvas.onpointermove = (event) => this.point(this.under(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.pick(this.under(event));
    this.host.onkeydown = (event) => this.walk(event);
  }

  params(name) {
    return name === "number_card" ? { number: this.asked ?? this.start() } : {};
  }

  /** The number that the address names, or the first one to be shown. */
  start() {
    this.picked = this.asked = this.kit.asked.number(NUMBER, FIRST, LAST, this.kit.data.settings.start);
    this.input.value = String(this.picked);
    return this.asked;
  }

  draw({ answers, theme }) {
    const { counting_map: map, number_card: card } = answers;
    Object.assign(this, { places: map.arrays.places.data, meta: map.meta, theme });
    this.canvas.setAttribute("aria-label", map.meta.alt);
    this.mistakes.textContent = map.meta.mistakes;
    if (card.meta.html !== this.html) this.card.innerHTML = this.html = card.meta.html; // Python escaped its words
    this.drawKey();
    this.paint();
  }

  paint() {
    const width = this.host.clientWidth;
    if (!this.meta || !width) return; // a hidden tab is painted when it is shown
    const { places, picked, hovered, theme } = this;
    const { held } = this.meta;
    this.box = place(width, window.innerHeight, held.length > 0);
    paint(this.canvas, this.box, { places, held, picked, hovered, theme });
    Object.assign(this.canvas.dataset, { paints: ++this.paints, picked: picked ?? "" });
    this.tell();
  }

  drawKey() {
    const { right, wrong, text, background, control, primary } = this.theme;
    const { token } = this.meta;
    const items = [
      [right, "✓ right", right],
      [wrong, `✗ first ${token} wrong`, wrong],
      [text, `✗ a later ${token} wrong, smaller`, background, LATER],
      [background, "not asked", control],
    ];
    if (this.meta.held.length) items.push([background, "held out of train", primary]);
    this.key.replaceChildren(
      ...items.map(([color, name, edge, inset = 0]) => {
        const span = document.createElement("span");
        const chip = document.createElement("i");
        chip.style.cssText = `background:${color};box-shadow:inset 0 0 0 1px ${edge};scale:${1 - 2 * inset}`;
        span.append(chip, name);
        return span;
      }),
    );
  }

  under(event) {
    return this.box ? numberAt(this.box, ...pointIn(this.canvas, event)) : null;
  }

  point(number) {
    if (number === this.hovered) return;
    this.hovered = number;
    this.paint();
  }

  walk(event) {
    const move = MOVES[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.hovered = null;
    this.pick(Math.max(FIRST, Math.min(LAST, (this.picked ?? FIRST) + move)));
  }

  type() {
    const number = Number(this.input.value);
    if (this.input.value.trim() === "" || !Number.isInteger(number) || number < FIRST || number > LAST) {
      return this.refuse(this.input.value);
    }
    this.pick(number);
  }

  /** Say what can be typed; the picture still shows the last number. */
  refuse(typed) {
    const got = typed ? `got ${upright(String(typed)).slice(0, 20)}` : "got none";
    this.wrong.textContent = `The map has the numbers ${FIRST} to ${count(LAST)}; ${got}.`;
  }

  pick(number) {
    if (number === null) return;
    this.wrong.textContent = "";
    this.input.value = String(number);
    if (number === this.picked) return;
    this.picked = number;
    putInAddress(NUMBER, number === this.kit.data.settings.start ? null : number);
    this.paint();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.asked = number;
      this.kit.ask();
    }, REST);
  }

  tell() {
    const number = this.hovered ?? this.picked;
    this.say.replaceChildren(...partNodes([[count(number)], `${this.after(number)}: ${this.verdict(number)}`]).nodes);
  }

  after(number) {
    const first = Math.max(FIRST, number - this.meta.given);
    if (number === FIRST) return "";
    return first === number - 1 ? `, after ${count(first)}` : `, after ${count(first)} to ${count(number - 1)}`;
  }

  verdict(number) {
    const found = this.places[number];
    if (found === NOT_ASKED) return "not asked, because it has no number before it.";
    if (found === RIGHT) return "✓ right.";
    return `✗ its ${ORDINALS[found] ?? `${found + 1}th`} ${this.meta.token} is wrong.`;
  }

  /** A film through training: the snapshots that a play shows. */
  film() {
    const { meta, theme, kit } = this;
    if (!meta) return null;
    const { held } = meta;
    const box = place(FILMED, FILMED, held.length > 0);
    const steps = kit.timeline.frames();
    const canvas = document.createElement("canvas");
    return {
      width: box.width,
      height: box.height,
      n: steps.length,
      ms: Math.round(FILM_MS / steps.length / 10) * 10,
      steps,
      async draw(at) {
        const [map] = await kit.asking.load(steps[at], true);
        paint(canvas, box, { places: map.arrays.places.data, held, picked: null, hovered: null, theme });
        return canvas;
      },
    };
  }

  destroy() {
    clearTimeout(this.rest);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  frames: FRAMES,
  table,
  create: (body, kit) => new CountingMap(body, kit),
});
