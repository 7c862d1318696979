// Find it elsewhere: a range of tokens, chosen here or by a drag over the large picture, and where
// else in the text the same units are on.

import { maker } from "../../../kit/js/make.js";
import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { mark, onMark, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { sentTables } from "../../../kit/js/tables.js";

const RANGE = "states_range"; // in the address: "20,21"
const NARROW = 640; // px

class Find {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.tools = make("div", "hnviz-find");
    this.ends = ["First token", "Last token"].map((name, end) => this.slider(make, name, end));
    this.hint = make("span", "hint", this.tools, "or drag across the columns of the large picture");
    this.lines = make("div", "lines");
    this.places = make("div", "places");
    this.note = make("p", "hnviz-note");
    this.range = mark("range") ?? rangeOf(inAddress(RANGE) ?? "");
    this.silence = onMark("range", this, (range) => this.take(range));
  }

  slider(make, name, end) {
    const label = make("label", "", this.tools, name);
    const input = make("input", "", label);
    input.type = "range";
    input.min = "0";
    const word = make("output", "", label);
    input.oninput = () => this.move(end, Number(input.value));
    return { input, word };
  }

  move(end, at) {
    const range = [...this.range];
    range[end] = at;
    if (range[0] > range[1]) range[1 - end] = at;
    this.take(range);
    setMark("range", range, this);
  }

  take(range) {
    this.range = range;
    putInAddress(RANGE, String(range));
    if (this.words) this.showRange();
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.kit.ask(), 60); // a drag passes over many ranges
  }

  params() {
    return this.range ? { start: this.range[0], length: this.range[1] - this.range[0] + 1 } : {};
  }

  draw({ answer }) {
    const { words, start, length, wide, narrow, places, note } = answer.meta;
    const range = [start, start + length - 1];
    if (!this.words) {
      const isShown = (text) => String(rangeOf(text)) === String(range) || null;
      this.kit.asked.value(RANGE, isShown, `a range of the tokens 0 to ${words.length - 1}, such as 0,1`, range);
    }
    this.words = words;
    this.range = range;
    this.showRange();
    // Python escaped the words in what it drew.
    this.lines.innerHTML = this.lines.clientWidth < NARROW ? narrow : wide;
    this.places.innerHTML = places;
    this.note.textContent = note;
  }

  showRange() {
    this.ends.forEach(({ input, word }, end) => {
      input.max = String(this.words.length - 1);
      input.value = String(this.range[end]);
      word.textContent = `${this.range[end]}, “${this.words[this.range[end]] ?? ""}”`;
    });
  }

  destroy() {
    clearTimeout(this.wait);
    this.silence();
  }
}

function rangeOf(text) {
  const found = /^(\d{1,4})\D+(\d{1,4})$/.exec(text);
  return found && Number(found[1]) <= Number(found[2]) ? [Number(found[1]), Number(found[2])] : null;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: sentTables,
  create: (body, kit) => new Find(body, kit),
});
