// One unit, token by token: its line, and the equations of the token that is marked.

import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes, plainText } from "../../../kit/js/text.js";
import { sentTables } from "../../../kit/js/tables.js";

const STEP = "models_step"; // in the address: the token that is marked

class Cell {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const tools = make("label", "tools", body, "Step");
    this.slider = make("input", "slider", tools);
    this.slider.type = "range";
    this.slider.min = "0";
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.slider.onchange = () => putInAddress(STEP, this.at);
    this.shown = make("output", "shown", tools);
    const both = make("div", "both");
    const left = make("div", "left", both);
    this.sentence = make("p", "sentence", left);
    this.sentence.setAttribute("aria-live", "polite");
    this.line = make("div", "line", left);
    this.line.onclick = (event) => this.press(event);
    this.sums = make("div", "sums", both);
    this.at = null;
  }

  draw({ answer }) {
    this.meta = answer.meta;
    // Python escaped the words in what it drew.
    this.line.innerHTML = this.meta.line;
    const last = this.meta.words.length - 1;
    this.slider.max = String(last);
    this.go(this.at ?? this.kit.asked.number(STEP, 0, last, this.meta.first));
  }

  /** Mark a token. */
  go(step) {
    const { words, sentences, equations, x } = this.meta;
    this.at = Math.min(step, words.length - 1);
    this.slider.value = String(this.at);
    this.shown.textContent = `${this.at}, “${words[this.at]}”`;
    this.slider.setAttribute("aria-valuetext", this.shown.textContent);
    this.sentence.replaceChildren(...boldNodes(sentences[this.at]));
    this.sums.innerHTML = equations[this.at].join("");
    const svg = this.line.querySelector("svg");
    svg.setAttribute("aria-label", plainText(sentences[this.at]));
    const mark = svg.querySelector(".hn-at");
    mark.setAttribute("x1", x[this.at]);
    mark.setAttribute("x2", x[this.at]);
  }

  /** A press on the line marks the nearest token. */
  press(event) {
    const svg = this.line.querySelector("svg");
    const { left, width } = svg.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * svg.viewBox.baseVal.width;
    const away = this.meta.x.map((place) => Math.abs(place - at));
    this.go(away.indexOf(Math.min(...away)));
    putInAddress(STEP, this.at);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: sentTables,
  create: (body, kit) => new Cell(body, kit),
});
