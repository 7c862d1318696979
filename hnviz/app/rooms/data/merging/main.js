// @ts-check
// A line of text while byte pairs merge, step by step.
//
// settings = { merges: the address of { words: string[][], merges: [left, right, times][], whole: boolean } }: the
// words are the beginning of train, or all of it. The step is the browser's own: ?data_merge=.

import { putInAddress } from "../../../kit/js/address.js";
import { fetchOnce } from "../../../kit/js/fetch.js";
import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { Player } from "../../../kit/js/player.js";
import { picture } from "../../../kit/js/picture.js";
import { after } from "./merges.js";
import { table } from "./table.js";

const STEP = "data_merge"; // in the address: how many merges are done
const BETWEEN = 700; // ms of a play
const LISTED = 6; // of the last merges

/** @param {number} number */
const count = (number) => number.toLocaleString("en");
/** @param {string} piece */
const quoted = (piece) => `“${piece}”`;

class Merging {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.told = make("p", "told", body);
    this.told.setAttribute("aria-live", "polite");
    this.line = make("div", "pieces", body);
    this.size = make("p", "size", body);
    const bar = make("div", "bar", body);
    this.next = button(bar, "Next merge", () => this.move(1));
    this.back = button(bar, "Back", () => this.move(-1));
    this.player = new Player(bar, {
      between: BETWEEN,
      isAtEnd: () => this.n === this.data.merges.length,
      advance: () => this.go(this.n + 1),
      rewind: () => this.go(0),
    });
    this.slider = /** @type {HTMLInputElement} */ (make("input", "slider", bar));
    this.slider.type = "range";
    this.slider.min = "0";
    this.slider.setAttribute("aria-label", "Merges done");
    this.slider.oninput = () => {
      this.player.stop();
      this.go(Number(this.slider.value));
    };
    this.list = make("ol", "last", body);
    /** @type {{ words: string[][], merges: import("./merges.js").Merge[], whole: boolean }} */
    this.data = { words: [], merges: [], whole: false };
    this.n = 0; // merges done
    this.pieces = 0;
  }

  draw() {
    const data = /** @type {Merging["data"]} */ (this.kit.files);
    if (data === this.data) return;
    const first = this.data.merges.length === 0;
    this.data = data;
    this.player.stop();
    const most = data.merges.length;
    this.slider.max = String(most);
    this.n = first ? this.kit.asked.number(STEP, 0, most, most) : most;
    this.show();
  }

  /** @param {number} by */
  move(by) {
    this.player.stop();
    this.go(this.n + by);
  }

  /** @param {number} n */
  go(n) {
    const most = this.data.merges.length;
    this.n = Math.max(0, Math.min(n, most));
    putInAddress(STEP, this.n === most ? null : this.n);
    this.show();
  }

  show() {
    const { words, merges, whole } = this.data;
    const { n } = this;
    const pieces = after(words, merges, n);
    this.pieces = pieces.length;
    const make = maker(this.line);
    this.line.replaceChildren();
    for (const { text, fresh } of pieces) make("span", fresh ? "piece fresh" : "piece", this.line, text);
    const merge = merges[n - 1];
    this.told.textContent = merge
      ? `Merge ${count(n)} of ${count(merges.length)} joins ${quoted(merge[0])} and ${quoted(merge[1])}: they were neighbours ${times(merge[2])} in train.`
      : `Before the first of ${count(merges.length)} merges, each character is a token.`;
    const made = pieces.filter(({ fresh }) => fresh).length;
    const here = merge && !made ? " That pair is not in this line." : "";
    const characters = words.reduce((all, word) => all + word.length, 0);
    const size = `${count(characters)} characters, now ${count(pieces.length)} tokens`;
    this.size.textContent = `${whole ? `All of train: ${size}, and xxbos before them` : `The beginning of train: ${size}`}.${here}`;
    this.slider.value = String(n);
    this.next.disabled = n === merges.length;
    this.back.disabled = n === 0;
    this.showLast(merges, n);
    this.kit.table?.changed();
  }

  /**
   * @param {import("./merges.js").Merge[]} merges
   * @param {number} n
   */
  showLast(merges, n) {
    const make = maker(this.list);
    this.list.replaceChildren();
    for (let at = n; at > Math.max(0, n - LISTED); at--) {
      const [left, right, often] = merges[at - 1];
      const item = make("li", "", this.list);
      make("span", "place", item, count(at));
      make("span", "piece", item, left);
      item.append("+");
      make("span", "piece", item, right);
      item.append("→");
      make("span", "piece fresh", item, left + right);
      make("span", "often", item, times(often));
    }
  }

  destroy() {
    this.player.stop();
  }
}

/** @param {number} n */
const times = (n) => (n === 1 ? "once" : `${count(n)} times`);

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  load: (settings, home) => fetchOnce(new URL(settings.merges, home), "json"),
  table,
  create: (body, kit) => new Merging(body, kit),
});
