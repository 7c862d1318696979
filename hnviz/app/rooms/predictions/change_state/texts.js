// @ts-check
// Both texts, word by word, each with the cells of the state that it leaves. A word, or the cells, is dragged onto a word of
// the other text: the network then has read the one text up to there, and remembers the other one up to the word dragged.

import { openCanvas } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { Drag } from "./drag.js";
import { shade } from "./strips.js";

/**
 * @typedef {{ words: string[], n: number, typed: string }} Text  all words that are known, how many are read, and all as typed
 * @typedef {{ typed: string[], words: string[][], between: string, states: Float32Array[], layers: number, layer: number|null,
 *             scale: number }} Data
 *   typed    the text that the network has read, and the one whose memory is put in, if there is one
 *   words    the same in words; `between` joins them
 *   states   what each leaves; `layer` is the one that is put in, null for all
 * @typedef {{ side: number, at: number }} Place  a word of a text
 * @typedef {(text: string) => Promise<Float32Array>} StateOf
 */

const HEADS = ["The network has read", "The other memory is of"];
const SHOWN = 40; // words that are read, of a long text
const AHEAD = 24; // words after them
const NAMED = 3; // words, where a text is named
const [WIDE, HIGH] = [128, 18]; // px of the cells
const NEAR = 4; // px around a word that belong to it
const [RIGHT, ABOVE, FINGER] = [14, 10, 40]; // px from the pointer, or from a finger, to what it drags

const coarse = matchMedia("(pointer: coarse)");

export class Texts {
  /**
   * @param {HTMLElement} body
   * @param {{ drop: ((text: string, other: string) => void)|null, stateOf: StateOf }} does  without `drop` nothing is dragged
   */
  constructor(body, { drop, stateOf }) {
    const make = maker(body);
    this.host = make("div", "texts");
    this.hint = /** @type {HTMLElement} */ (make("p", "texts-hint hnviz-aside", this.host));
    this.hint.setAttribute("role", "status");
    this.ghost = /** @type {HTMLElement} */ (make("div", "ghost hnviz-aside", this.host));
    this.ghost.hidden = true;
    this.ghost.ariaHidden = "true";
    this.carried = /** @type {HTMLCanvasElement} */ (make("canvas", "", this.ghost));
    this.named = make("span", "", this.ghost);
    this.drop = drop;
    this.stateOf = stateOf;
    /** @type {Data|null} */
    this.data = null;
    /** @type {any} */
    this.theme = null;
    this.said = "";
    /** @type {Text[]} */
    this.texts = [];
    /** @type {HTMLElement[]} */
    this.rows = [];
    this.dropped = false; // the next texts are parts of these
    /** @type {Place|null} what is dragged */
    this.from = null;
    /** @type {Place|null} where it would land */
    this.to = null;
    this.drag = drop
      ? new Drag(this.host, {
          take: (event) => this.take(event),
          begin: (from) => this.begin(from),
          move: (x, y, isTouch) => this.move(x, y, isTouch),
          land: () => this.land(),
          end: (landed) => this.end(landed),
        })
      : null;
  }

  /**
   * @param {Data} data
   * @param {any} theme
   */
  draw(data, theme) {
    const said = JSON.stringify([data.words, data.typed, data.layer, theme.dark]);
    if (said === this.said && data.states[0] === this.data?.states[0]) return;
    this.drag?.end();
    Object.assign(this, { said, data, theme });
    const before = this.dropped ? this.texts : [];
    this.dropped = false;
    this.texts = data.words.map((words, side) => {
      const whole = [before[side], before[1 - side]].find((each) => each && words.every((word, at) => word === each.words[at]));
      return whole ? { ...whole, n: words.length } : { words, n: words.length, typed: data.typed[side] };
    });
    for (const row of this.rows) row.remove();
    this.rows = this.texts.map((text, side) => this.row(text, side));
    this.host.prepend(...this.rows);
    this.host.classList.toggle("single", this.rows.length === 1);
    this.tell();
  }

  get canDrag() {
    return Boolean(this.drop) && this.texts.length > 1;
  }

  /**
   * @param {Text} text
   * @param {number} side
   */
  row({ words, n }, side) {
    const row = document.createElement("div");
    const make = maker(row);
    row.className = this.canDrag ? "text drags" : "text";
    make("span", "head", row, HEADS[side]);
    const first = Math.max(0, n - SHOWN);
    if (first) make("span", "", row, "…");
    words.slice(first, n + AHEAD).forEach((word, place) => {
      const at = first + place;
      const made = make("span", at < n ? "word" : "word unread", row, word);
      Object.assign(made.dataset, { side, at });
      if (at === n - 1) this.cells(row, { side, at });
    });
    return row;
  }

  /**
   * The cells of what a text leaves, behind its last word.
   * @param {HTMLElement} row
   * @param {Place} place
   */
  cells(row, { side, at }) {
    const { states } = /** @type {Data} */ (this.data);
    const canvas = /** @type {HTMLCanvasElement} */ (maker(row)("canvas", "grip", row));
    Object.assign(canvas.dataset, { side, at });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `The memory ${this.after({ side, at })}, as cells.`);
    this.paint(canvas, states[side]);
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Float32Array|null} state (layers, nh); null while it is not known
   */
  paint(canvas, state) {
    const { layers, layer, scale } = /** @type {Data} */ (this.data);
    const pen = openCanvas(canvas, WIDE, HIGH);
    if (!state) return;
    const nh = state.length / layers;
    const shown = layer === null ? Array.from({ length: layers }, (_, at) => at) : [layer];
    const [wide, high, color] = [WIDE / nh, HIGH / shown.length, shade(this.theme, scale)];
    shown.forEach((at, row) => {
      for (let unit = 0; unit < nh; unit++) {
        pen.fillStyle = color(state[at * nh + unit]);
        pen.fillRect(unit * wide, row * high, wide, high - (row < shown.length - 1 ? 1 : 0));
      }
    });
  }

  // --- Dragging -------------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  take({ target }) {
    const found = /** @type {HTMLElement} */ (target).closest?.(".word, .grip");
    if (!this.canDrag || !found) return null;
    return { thing: placeOf(/** @type {HTMLElement} */ (found)), scrolls: !found.classList.contains("grip") };
  }

  /** @param {Place} from */
  begin(from) {
    this.from = from;
    const text = this.texts[from.side];
    const isLast = from.at === text.n - 1;
    this.paint(this.carried, isLast ? /** @type {Data} */ (this.data).states[from.side] : null);
    if (!isLast) this.fetch(from);
    this.named.textContent = this.after(from);
    this.ghost.hidden = false;
    this.host.classList.add("dragging");
    this.mark();
  }

  /** @param {Place} from */
  async fetch(from) {
    try {
      const state = await this.stateOf(this.upTo(from));
      if (this.from === from) this.paint(this.carried, state);
    } catch {
      // The drag goes on without the cells.
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {boolean} isTouch
   */
  move(x, y, isTouch) {
    const zoom = this.host.currentCSSZoom ?? 1; // present mode
    const { width, height } = this.ghost.getBoundingClientRect();
    const left = Math.min(x + RIGHT, innerWidth - width - 2);
    const top = y - height - (isTouch ? FINGER : ABOVE);
    Object.assign(this.ghost.style, { left: `${Math.max(2, left) / zoom}px`, top: `${Math.max(2, top) / zoom}px` });
    const to = this.under(x, y);
    if (to?.side === this.to?.side && to?.at === this.to?.at) return;
    this.to = to;
    this.mark();
  }

  /**
   * The word of the other text at a point.
   * @param {number} x
   * @param {number} y
   */
  under(x, y) {
    const row = this.rows[1 - /** @type {Place} */ (this.from).side];
    const found = /** @type {HTMLElement[]} */ ([...row.querySelectorAll(".word, .grip")]).find((each) => {
      const { left, right, top, bottom } = each.getBoundingClientRect();
      return x > left - NEAR && x < right + NEAR && y > top - NEAR && y < bottom + NEAR;
    });
    return found ? placeOf(found) : null;
  }

  land() {
    const { from, to } = this;
    if (!from || !to || !this.drop) return false;
    this.dropped = true;
    const [text, other] = [this.upTo(to), this.upTo(from)];
    this.drop(text, other);
    return true;
  }

  /** @param {boolean} landed */
  end(landed) {
    this.from = this.to = null;
    this.ghost.hidden = true;
    this.host.classList.remove("dragging");
    this.mark();
    if (!landed) this.hint.textContent = `Nothing has changed. ${this.hint.textContent}`;
  }

  mark() {
    const { from, to } = this;
    for (const row of this.rows) {
      for (const each of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(".word"))) {
        const { side, at } = placeOf(each);
        each.classList.toggle("from", side === from?.side && at === from.at);
        each.classList.toggle("to", side === to?.side && at === to.at);
        each.classList.toggle("after", side === to?.side && at > to.at);
      }
    }
    this.tell();
  }

  tell() {
    this.hint.hidden = !this.canDrag;
    this.hint.textContent = this.canDrag ? this.says() : "";
  }

  says() {
    const { from, to } = this;
    const { layer } = /** @type {Data} */ (this.data);
    if (from && to) {
      const who = layer === null ? "it remembers" : `its layer ${layer} remembers`;
      return `Let go: the network has read ${this.quoted(to)}, and ${who} ${this.quoted(from)}.`;
    }
    if (from) return `This is the memory ${this.after(from)}. Drop it on a word of the other text. Anywhere else, or with Escape, nothing changes.`;
    const how = coarse.matches ? "Drag the cells of one text, or hold one of its words and drag it," : "Drag the cells or a word of one text";
    return `${how} onto a word of the other: that memory is put in there. By keyboard, press the button, and type other texts below.`;
  }

  /** @param {Place} place */
  after(place) {
    return `after ${this.quoted(place)}`;
  }

  /** The last words up to a place, in quotes. @param {Place} place */
  quoted({ side, at }) {
    const { words } = this.texts[side];
    const { between } = /** @type {Data} */ (this.data);
    const first = Math.max(0, at + 1 - NAMED);
    return `“${first ? "… " : ""}${words.slice(first, at + 1).join(between)}”`;
  }

  /** A text up to a place, as a field takes it: as it was typed, if that is all of it. @param {Place} place */
  upTo({ side, at }) {
    const { words, typed } = this.texts[side];
    return at === words.length - 1 ? typed : words.slice(0, at + 1).join(/** @type {Data} */ (this.data).between);
  }

  destroy() {
    this.drag?.destroy();
  }
}

/** @param {HTMLElement} element @returns {Place} */
const placeOf = ({ dataset }) => ({ side: Number(dataset.side), at: Number(dataset.at) });
