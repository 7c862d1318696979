// @ts-check
// Pointing at the machine's cells and words, with what is known of one; a press on a word; dragging the cut; keys.

import { pointIn } from "../kit/js/canvas.js";
import { setMark } from "../kit/js/page.js";
import { cellAt, columnsOf, placeOf, sideOf, wordAt } from "./layout.js";

/**
 * @typedef {import("./reading.js").Cell} Cell
 * @typedef {{ reading: import("./reading.js").Reading, layout: import("./layout.js").Layout, order: ArrayLike<number>[] }} Shown
 * @typedef {{ scene?: Shown, at: number, frame: number, plays: boolean, codes?: any, request: { begin: number }, paint: () => void,
 *   press: (by: number) => void, restart: () => void, start: () => void, stop: () => void, cutAt: (begin: number) => void }} Machine
 */

const HINT =
  "Arrow keys read one word on or back, a press on a word goes there, Space plays. Enter goes to the cells, where arrow keys point at one; Escape leaves them.";
const BELOW_TAPE = 34; // px from the middle of the line of words to what is known of one: its arrow goes up
const NEAR = 12; // px around the cut that take hold of it

export class Pointer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} tip
   * @param {Machine} machine
   */
  constructor(canvas, tip, machine) {
    this.canvas = canvas;
    this.tip = tip;
    this.machine = machine;
    /** @type {Cell|null} */
    this.pick = null;
    /** @type {number|null} the word of the line that is pointed at */
    this.word = null;
    this.by = 0; // how many words behind the last one it is
    this.byKey = false;
    /** @type {{ x: number, begin: number }|null} */
    this.drags = null;
    tip.hidden = true;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-description", HINT);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerdown = (event) => this.hold(event);
    canvas.onpointerup = canvas.onpointercancel = () => void (this.drags = null);
    canvas.onclick = (event) => this.press(event);
    canvas.onpointerleave = ({ pointerType }) => {
      if (!this.drags && !this.byKey && pointerType === "mouse") {
        this.point(null); // a finger leaves as it is lifted
        this.look(null);
      }
    };
    canvas.onkeydown = (event) => this.key(event);
    canvas.onfocus = () => this.focus();
    canvas.onblur = () => {
      this.point(null);
      this.look(null);
    };
  }

  /**
   * Another model may have fewer cells.
   * @param {{ layers: number, nh: number }} reading
   */
  fit({ layers, nh }) {
    if (this.pick && (this.pick.unit >= nh || this.pick.layer >= layers)) this.point(null);
  }

  /**
   * Where an event is in the drawing.
   * @param {MouseEvent} event
   * @returns {[number, number]}
   */
  place(event) {
    const zoom = this.machine.scene?.layout.zoom ?? 1;
    const [x, y] = pointIn(this.canvas, event);
    return [x / zoom, y / zoom];
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { scene, at } = this.machine;
    if (!scene) return;
    const [x, y] = this.place(event);
    if (this.drags) return this.drag(x, this.drags);
    const { layout, order, reading } = scene;
    const found = cellAt(layout, { nh: reading.nh, order, n: reading.reach(at) }, x, y);
    const word = found || this.isOnCut(x, y) ? null : wordAt(layout, { at, ...reading }, x, y);
    const cursor = found ? "crosshair" : this.isOnCut(x, y) ? "ew-resize" : word === null ? "" : "pointer";
    if (this.canvas.style.cursor !== cursor) this.canvas.style.cursor = cursor;
    this.point(found, found?.by);
    this.look(word);
  }

  /**
   * A press on a word of the line goes there.
   * @param {MouseEvent} event
   */
  press(event) {
    const { scene, at, press } = this.machine;
    const [x, y] = this.place(event);
    const word = scene && !this.isOnCut(x, y) ? wordAt(scene.layout, { at, ...scene.reading }, x, y) : null;
    if (word !== null && word !== at) press.call(this.machine, word - at);
  }

  /**
   * Say what is known of a word of the line, or of none.
   * @param {number|null} word
   */
  look(word) {
    if (word === this.word) return;
    this.word = word;
    this.tell();
  }

  /** @param {PointerEvent} event */
  hold(event) {
    const [x, y] = this.place(event);
    if (this.isOnCut(x, y)) {
      this.drags = { x, begin: this.machine.request.begin };
      this.canvas.setPointerCapture(event.pointerId);
    } else if (event.pointerType !== "mouse") this.move(event);
  }

  /**
   * Move the cut by whole words.
   * @param {number} x
   * @param {{ x: number, begin: number }} from
   */
  drag(x, from) {
    const { scene, request } = this.machine;
    const window = scene?.reading.meta.window;
    if (!scene || !window) return;
    const by = Math.round((x - from.x) / scene.layout.pitch);
    const begin = (((from.begin + by) % window) + window) % window;
    if (begin !== request.begin) this.machine.cutAt(begin);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  isOnCut(x, y) {
    const { scene, at } = this.machine;
    if (!scene?.reading.isCut || at >= scene.reading.given) return false;
    const begin = scene.reading.begin(at) - at;
    const place = (placeOf(scene.layout, begin) + placeOf(scene.layout, begin - 1)) / 2;
    return begin > -at && Math.abs(x - place) < NEAR && Math.abs(y - scene.layout.tape) < 2 * NEAR;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own
    const act = this.pick && this.byKey ? this.cellKey(event.key) : this.wordKey(event.key);
    if (!act) return;
    event.preventDefault();
    act();
    this.focus();
  }

  /** For a reader with a keyboard: say which word is right where the network's own is wrong. */
  focus() {
    const { scene, at } = this.machine;
    const isWrong = scene && at >= scene.reading.given && scene.reading.mark(at) === "wrong";
    this.look(isWrong && !this.pick && this.canvas.matches(":focus") ? at : null);
  }

  /**
   * @param {string} key
   * @returns {(() => void)|null}
   */
  wordKey(key) {
    const { machine } = this;
    if (key === "ArrowRight") return () => machine.press(1);
    if (key === "ArrowLeft") return () => machine.press(-1);
    if (key === "Home") return () => machine.restart();
    if (key === " ") return () => (machine.plays ? machine.stop() : machine.start());
    if (key === "Enter") return () => this.point({ layer: 0, unit: Number(machine.scene?.order[0][0] ?? 0) }, 0, true);
    return null;
  }

  /**
   * @param {string} key
   * @returns {(() => void)|null}
   */
  cellKey(key) {
    const { scene } = this.machine;
    const { pick } = this;
    if (!scene || !pick) return null;
    if (key === "Escape") return () => this.point(null);
    const { reading, order } = scene;
    const columns = columnsOf(reading.nh);
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
    if (move === undefined) return null;
    let { layer } = pick;
    let place = Array.prototype.findIndex.call(order[layer], (each) => Number(each) === pick.unit) + move;
    if (place < 0 && layer < reading.layers - 1) [layer, place] = [layer + 1, reading.nh + place]; // the layer above
    else if (place >= reading.nh && layer > 0) [layer, place] = [layer - 1, place - reading.nh];
    const unit = Number(order[layer][Math.max(0, Math.min(reading.nh - 1, place))]);
    return () => this.point({ layer, unit }, 0, true);
  }

  /**
   * Point at a cell, or at none.
   * @param {Cell|null} cell
   * @param {number} by how many words behind the last one, 0 or less
   * @param {boolean} byKey
   */
  point(cell, by = 0, byKey = false) {
    if (cell?.layer === this.pick?.layer && cell?.unit === this.pick?.unit && by === this.by) return;
    this.pick = cell && { layer: cell.layer, unit: cell.unit };
    this.by = by;
    this.byKey = byKey;
    setMark("unit", cell ? cell.unit : null, this.machine);
    this.tell();
    if (!this.machine.frame) this.machine.paint();
  }

  /** Say what is known of the cell or the word that is pointed at. */
  tell() {
    const { pick, tip, word } = this;
    const { scene, at, codes } = this.machine;
    tip.hidden = !scene || (!pick && (word === null || word >= scene.reading.n));
    if (tip.hidden || !scene) return;
    const { reading, layout } = scene;
    const by = pick ? Math.max(-reading.reach(at), this.by) : Number(word) - at;
    this.write(pick ? reading.about(pick, at + by, codes ?? null) : reading.judged(Number(word)));
    const side = pick ? sideOf(layout, by) : tip.offsetWidth / layout.zoom;
    const left = (placeOf(layout, by) - side / 2) * layout.zoom;
    const top = pick ? layout.lanes[pick.layer] + side / 2 + 6 : layout.tape + BELOW_TAPE;
    Object.assign(tip.style, { left: `${Math.max(0, Math.min(layout.width * layout.zoom - tip.offsetWidth, left))}px`, top: `${top * layout.zoom}px` });
  }

  /** @param {string[]} lines the first one bold */
  write(lines) {
    const parts = lines.map((text, place) => Object.assign(document.createElement(place ? "span" : "strong"), { textContent: text }));
    this.tip.replaceChildren(...parts);
  }
}
