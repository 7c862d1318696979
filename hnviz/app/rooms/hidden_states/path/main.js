// The state's path in two dimensions, played token by token.
//
// Space or the button plays; arrow keys and the slider step; pointing at a dot names it.

import { putInAddress } from "../../../kit/js/address.js";
import { pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { menu, PlayButton } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { partNodes } from "../../../kit/js/text.js";
import { COLORS, paintLegend, paintPath, placePath } from "./paint.js";
import { table } from "./table.js";

const COLOR = "states_path_color";
const EACH = 220; // ms a token
const NEAR = 14; // px that a pointer may be off
const MOVES = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 };

class Path {
  constructor(root, kit) {
    const make = maker(root);
    const tools = make("div", "tools");
    this.button = new PlayButton(tools, () => this.play(!this.playing));
    this.slider = make("input", "", tools);
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.setAttribute("aria-label", "Token of the path");
    this.color = menu(tools, "Colour");
    const names = Object.keys(COLORS);
    this.color.append(...names.map((name) => new Option(name, name)));
    this.color.value = kit.asked.choice(COLOR, names, names[0]);
    this.said = make("p", "said");
    this.said.setAttribute("aria-live", "polite");
    this.host = make("div", "path");
    this.host.tabIndex = 0;
    this.canvas = make("canvas", "", this.host);
    this.canvas.setAttribute("role", "img");
    this.words = make("p", "words");
    this.legend = make("div", "legend");
    this.note = make("p", "hnviz-note");
    this.at = 0;
    this.paints = 0;
    this.listen();
    this.play(false);
  }

  listen() {
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.color.onchange = () => {
      putInAddress(COLOR, this.color.selectedIndex ? this.color.value : null);
      this.paint();
    };
    this.host.onkeydown = (event) => {
      if (event.key !== " " && !(event.key in MOVES)) return;
      event.preventDefault();
      if (event.key === " ") this.play(!this.playing);
      else this.go(this.at + MOVES[event.key]);
    };
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.point(event);
    this.canvas.onpointerleave = () => this.name(this.at);
  }

  draw({ answer, theme, run, alt }) {
    const { words, numbers } = answer.meta;
    const shown = `${run} ${numbers[0]} ${words.length}`;
    if (shown !== this.shown) {
      this.at = words.length - 1;
      this.play(false);
    }
    this.shown = shown; // while only the weights change, playing goes on where it was
    this.data = { ...answer.meta, alt, points: answer.arrays.points.data };
    this.theme = theme;
    this.slider.max = words.length - 1;
    this.note.textContent = answer.meta.note;
    this.paint();
  }

  play(on) {
    clearInterval(this.timer);
    this.playing = on;
    this.button.show(on);
    if (!on) return;
    if (this.at >= this.data.words.length - 1) this.step(0);
    this.timer = setInterval(() => {
      if (this.at >= this.data.words.length - 1) this.play(false);
      else this.step(this.at + 1);
    }, EACH);
  }

  /** A reader's step ends the play. */
  go(at) {
    this.play(false);
    this.step(at);
  }

  step(at) {
    this.at = Math.max(0, Math.min(this.data.words.length - 1, at));
    this.paint();
  }

  point(event) {
    if (!this.box) return;
    const [x, y] = pointIn(this.canvas, event);
    let [best, nearest] = [-1, NEAR];
    for (let at = 0; at < this.data.words.length; at++) {
      const gap = Math.hypot(this.box.x(at) - x, this.box.y(at) - y);
      // Where dots overlap, the last one that was passed is on top.
      if (gap < nearest || (gap <= nearest && at <= this.at)) [best, nearest] = [at, gap];
    }
    this.name(best < 0 ? this.at : best);
  }

  paint() {
    const width = this.host.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    this.box = placePath(this.data, width);
    paintPath(this.canvas, this.data, this.theme, this.box, { at: this.at, color: this.color.value });
    paintLegend(this.legend, this.data, this.theme, this.color.value);
    this.canvas.setAttribute("aria-label", this.data.alt);
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", `${this.data.words[this.at]}, ${this.data.numbers[this.at]}`);
    Object.assign(this.canvas.dataset, { paints: ++this.paints, at: this.at, color: this.color.value });
    this.tellWords();
    this.name(this.at);
  }

  name(at) {
    const { words, numbers, points } = this.data;
    const place = [points[2 * at], points[2 * at + 1]].map((value) => value.toFixed(2).replace("-", "−"));
    this.said.replaceChildren(...partNodes([`Token ${at}, “`, [words[at]], `” of ${numbers[at].toLocaleString("en")}: ${place.join(", ")}`]).nodes);
    this.said.dataset.token = at;
  }

  /** The words along the path: of the number that is being read, the one before and the one after. */
  tellWords() {
    const { words, numbers } = this.data;
    const here = numbers[this.at];
    const parts = words.map((word, at) => [word, at]).filter(([, at]) => Math.abs(numbers[at] - here) <= 1);
    this.words.replaceChildren(
      ...parts.flatMap(([word, at]) => {
        const span = document.createElement("span");
        span.textContent = word;
        span.className = at === this.at ? "here" : at < this.at ? "read" : "";
        return [span, " "];
      }),
    );
  }

  destroy() {
    clearInterval(this.timer);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  shapes: { points: ["tokens", 2] },
  table,
  create: (body, kit) => new Path(body, kit),
});
