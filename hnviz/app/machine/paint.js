// @ts-check
// Paints the reading machine. While a word is read, `time` runs from 0 to 1: the words move on, the word goes
// up into the cells, layer by layer, the bars grow, and what the network says falls into the next place.

import { ring } from "../kit/js/canvas.js";
import { percent, unbroken } from "../kit/js/text.js";
import { colorsOf, drawImage, eachCell, fillCells, imageOf } from "./cells.js";
import { AHEAD, BEHIND, cellBox, columnsOf, mix, part, placeOf, shown, sideOf } from "./layout.js";
import { Marks } from "./marks.js";

/**
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {{ reading: Reading, layout: Layout, at: number, time: number, theme: any, order: ArrayLike<number>[],
 *   groups: { from: number, to: number, name: string }[][], pick: import("./reading.js").Cell|null,
 *   images?: Map<string, HTMLCanvasElement> }} Scene
 *   order   the units of each layer from the top left
 *   images  of the blocks that have moved: empty where the scene is new
 *   groups  rows of cells that follow the same, by layer
 */

const BANDS = 8; // of a ribbon: its blocks' rows, or several of them together
const MOVED = 0.5; // of full colour: such a cell is ringed
const [SLIDES, GOES_UP, OUT, GROWS, FALLS] = [[0, 0.26], [0.26, 0.36], [0.68, 0.76], [0.72, 0.88], [0.86, 1]];
const [CELLS, CELLS_END] = [0.34, 0.7]; // the layers change one after the other

/**
 * How far a word moved a layer's units -> its bands in the last order: each frame asks for them.
 * @type {WeakMap<object, { order: ArrayLike<number>, bands: { share: number, above: number }[] }>}
 */
const banded = new WeakMap();

export class Painter extends Marks {
  /**
   * @param {import("./marks.js").Pen} pen
   * @param {Scene} scene
   */
  constructor(pen, scene) {
    super(pen, scene.theme);
    this.scene = scene;
    const { reading, at, time, theme } = scene;
    this.colors = colorsOf(theme);
    this.slid = part(time, SLIDES[0], SLIDES[1]);
    this.begin = reading.begin(at);
    /** How far behind the last word the earliest block is that is drawn. */
    this.reach = Math.min(BEHIND, reading.reach(at));
    pen.textBaseline = "middle";
  }

  all() {
    const { layout, reading } = this.scene;
    for (const [layer, y] of layout.lanes.entries()) this.lane(layer, y);
    this.arrows();
    if (reading.answers(this.scene.at)) this.bars();
    else this.noBars();
    this.tape();
    this.fall();
    if (this.scene.pick && this.scene.time >= 1) this.thread(this.scene.pick);
  }

  /**
   * How far a layer's cells have changed.
   * @param {number} layer
   */
  done(layer) {
    const each = (CELLS_END - CELLS) / this.scene.layout.lanes.length;
    return part(this.scene.time, CELLS + layer * each, CELLS + (layer + 1) * each);
  }

  /**
   * Where a word is now, in words behind the last one.
   * @param {number} at
   */
  by(at) {
    return at - this.scene.at + 1 - this.slid;
  }

  /**
   * @param {number} layer
   * @param {number} y
   */
  lane(layer, y) {
    const { pen } = this;
    const { layout, reading, theme, at, time } = this.scene;
    const { head, big } = layout;
    pen.fillStyle = theme.surface;
    pen.fillRect(0, y - big / 2 - 2, head + big / 2 + 2, big + 4);
    if (reading.arrays.looks) this.looks(layer, y);
    else for (let one = at - this.reach; one <= at; one++) this.ribbon(layer, y, one);
    for (let one = at - this.reach; one < at; one++) {
      const by = this.by(one);
      pen.globalAlpha = shown(layout, placeOf(layout, by));
      if (this.scene.images && time < 1) drawImage(pen, this.image(layer, one), this.box(y, by), theme.surface);
      else this.block(layer, y, by, reading.state(layer, one));
    }
    if (this.begin === at - this.reach && !reading.arrays.looks) this.zeros(layer, y);
    pen.globalAlpha = 1;
    this.head(layer, y);
    this.names(layer, y);
  }

  /**
   * The cells of the last word, which change from those before it.
   * @param {number} layer
   * @param {number} y
   */
  head(layer, y) {
    const { pen } = this;
    const { layout, reading, theme, at } = this.scene;
    const { head, big } = layout;
    const [after, before] = [reading.state(layer, at), reading.before(layer, at)];
    const done = this.done(layer);
    const values = done >= 1 || !before ? after : Float32Array.from(after, (value, unit) => mix(before[unit], value, done));
    pen.fillStyle = theme.background;
    pen.fillRect(head - big / 2, y - big / 2, big, big);
    this.block(layer, y, 0, values);
    const changes = reading.arrays.looks ? null : reading.changes(layer, at);
    if (done <= 0 || !changes) return;
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1.25;
    pen.globalAlpha = 0.7 * done;
    this.eachCell(layer, y, 0, (unit, x, top, side) => {
      if (changes[unit] > MOVED * reading.scales[layer] && side > 4) pen.strokeRect(x + 1, top + 1, side - 2, side - 2);
    });
    pen.globalAlpha = 1;
  }

  /**
   * @param {number} layer
   * @param {number} y
   * @param {number} by
   * @param {ArrayLike<number>} values
   */
  block(layer, y, by, values) {
    const scale = this.scene.reading.scales[layer];
    fillCells(this.pen, this.colors, this.box(y, by), this.scene.order[layer], (unit) => values[unit] / scale);
  }

  /**
   * A word's block as an image, made for the first frame that moves it.
   * @param {number} layer
   * @param {number} one the word
   */
  image(layer, one) {
    const { reading, order, theme } = this.scene;
    const images = /** @type {Map<string, HTMLCanvasElement>} */ (this.scene.images);
    const name = `${layer} ${one}`;
    let image = images.get(name);
    if (!image) {
      const values = reading.state(layer, one);
      image = imageOf(theme, order[layer], (unit) => values[unit] / reading.scales[layer]);
      images.set(name, image);
    }
    return image;
  }

  /**
   * @param {number} layer
   * @param {number} y
   * @param {number} by
   * @param {(unit: number, x: number, y: number, side: number) => void} draw
   */
  eachCell(layer, y, by, draw) {
    eachCell(this.box(y, by), this.scene.order[layer], draw);
  }

  /**
   * Where the block of a word is.
   * @param {number} y
   * @param {number} by
   */
  box(y, by) {
    const side = sideOf(this.scene.layout, by);
    return { left: placeOf(this.scene.layout, by) - side / 2, top: y - side / 2, side };
  }

  /**
   * The bands that lead to a word's block: as thick as its rows of cells changed with the word.
   * @param {number} layer
   * @param {number} y
   * @param {number} one the word
   */
  ribbon(layer, y, one) {
    const { pen } = this;
    const { layout, theme, at, time } = this.scene;
    const bands = this.bands(layer, one);
    if (!bands) return;
    const [from, to] = [this.by(one - 1), one === at ? 0 : this.by(one)];
    const right = placeOf(layout, to) - sideOf(layout, to) / 2;
    const left = placeOf(layout, from) + sideOf(layout, from) / 2;
    if (right - left < 4) return;
    const visible = shown(layout, placeOf(layout, from) + 16);
    const grown = one === at && time < 1 ? part(time, 0.1, 0.3) : 1;
    if (visible * grown <= 0) return;
    const bend = (right - left) / 2;
    pen.fillStyle = theme.role.h_h;
    for (const { share, above } of bands) {
      const [thick, thin] = [sideOf(layout, to), sideOf(layout, from)];
      const [ya, yb] = [y + (above - 0.5) * thin, y + (above - 0.5) * thick];
      const [ha, hb] = [0.6, 0.6].map((least, end) => Math.max(least, ((end ? thick : thin) / BANDS) * share * 0.46));
      pen.globalAlpha = visible * grown * (0.2 + 0.5 * share);
      pen.beginPath();
      pen.moveTo(left, ya - ha);
      pen.bezierCurveTo(left + bend, ya - ha, right - bend, yb - hb, right, yb - hb);
      pen.lineTo(right, yb + hb);
      pen.bezierCurveTo(right - bend, yb + hb, left + bend, ya + ha, left, ya + ha);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  /**
   * How far the rows of a block changed, as shares of full colour, and where each row is; null if that is not known.
   * @param {number} layer
   * @param {number} one the word
   */
  bands(layer, one) {
    const { reading, order } = this.scene;
    const rows = Math.ceil(reading.nh / columnsOf(reading.nh));
    const n = Math.min(BANDS, rows);
    const changes = reading.changes(layer, one);
    if (!changes) return null;
    const known = banded.get(changes);
    if (known?.order === order[layer]) return known.bands;
    const sums = new Float32Array(n);
    const counts = new Float32Array(n);
    for (let place = 0; place < reading.nh; place++) {
      const band = Math.floor((Math.floor(place / columnsOf(reading.nh)) * n) / rows);
      sums[band] += changes[Number(order[layer][place])];
      counts[band] += 1;
    }
    const bands = Array.from(sums, (sum, band) => ({
      share: Math.min(1, sum / counts[band] / reading.scales[layer]),
      above: (band + 0.5) / n,
    }));
    banded.set(changes, { order: order[layer], bands });
    return bands;
  }

  /**
   * Lines from the last word's cells to the words that a Transformer's layer looks at, as thick as their shares.
   * @param {number} layer
   * @param {number} y
   */
  looks(layer, y) {
    const { pen } = this;
    const { layout, reading, theme, at } = this.scene;
    const shares = /** @type {ArrayLike<number>} */ (reading.looks(layer, at));
    const grown = this.done(layer);
    pen.strokeStyle = theme.role.h_h;
    for (let one = Math.max(this.begin, at - BEHIND); one < at; one++) {
      const share = shares[one - this.begin];
      const by = this.by(one);
      const x = placeOf(layout, by);
      const visible = shown(layout, x) * grown;
      if (visible <= 0) continue;
      const end = one < at - this.reach ? y : y - sideOf(layout, by) / 2; // above its block, if it has one
      pen.globalAlpha = visible * (0.2 + 0.6 * share);
      pen.lineWidth = Math.max(0.75, 12 * share);
      pen.beginPath();
      pen.moveTo(x, end);
      pen.quadraticCurveTo((x + layout.head) / 2, y - layout.big * 0.6, layout.head - layout.big / 2, y);
      pen.stroke();
      pen.fillStyle = theme.role.h_h;
      pen.fillRect(x - 2, end - 2, 4, 4);
    }
    pen.globalAlpha = 1;
  }

  /**
   * An empty block: where the network knows of nothing before.
   * @param {number} layer
   * @param {number} y
   */
  zeros(layer, y) {
    const { pen } = this;
    const { layout, theme } = this.scene;
    const by = this.by(this.begin - 1);
    const [x, side] = [placeOf(layout, by), sideOf(layout, by)];
    pen.globalAlpha = shown(layout, x);
    if (pen.globalAlpha <= 0) return;
    pen.strokeStyle = theme.muted;
    pen.lineWidth = 1;
    pen.setLineDash([3, 3]);
    pen.strokeRect(x - side / 2, y - side / 2, side, side);
    pen.setLineDash([]);
    if (layer) return;
    this.write("all zeros", x, y, { size: 12, color: theme.muted, align: "center" });
  }

  /**
   * The layer's name, how much it changed, and what its rows follow.
   * @param {number} layer
   * @param {number} y
   */
  names(layer, y) {
    const { layout, reading, theme, time, groups } = this.scene;
    const { isNarrow, big } = layout;
    const { muted } = theme;
    const name = isNarrow ? `layer ${layer}` : `layer ${layer}: ${reading.nh} ${reading.nh === 1 ? "number" : "numbers"}`;
    const top = y - big / 2 + 10;
    const wide = this.write(name, 8, top, { size: 12, weight: 600, color: muted });
    if (isNarrow) return;
    const alpha = time < 1 ? part(time, 0.3, 0.5) : 1;
    const room = layout.head - big / 2 - 28 - wide; // up to the cells
    const look = { size: 12, weight: 600, color: theme.role.h_h, alpha };
    const told = this.layerTold(layer).find((each) => this.widthOf(each, look) <= room) ?? "";
    this.write(told, 20 + wide, top, look);
    for (const { from, to, name: group } of groups[layer] ?? []) this.bracket(y, from, to, group);
  }

  /**
   * What a layer did with the last word: how far its numbers moved, or where it looked. The longest one first.
   * @param {number} layer
   * @returns {string[]}
   */
  layerTold(layer) {
    const { reading, at } = this.scene;
    const most = reading.most(layer, at);
    if (reading.arrays.looks) return most ? [unbroken(`looks most at “${most.word}” (${percent(most.share)})`)] : [];
    const mean = reading.moved(layer, at);
    if (mean === null) return [`read again from word ${this.begin}`];
    const passes = at > this.begin ? reading.passes(layer, at) : null;
    const changed = `changed by ${mean.toFixed(2)}`;
    if (passes === null) return [`${changed} on average`, changed];
    const gate = unbroken(`; the gate passes ${(100 * passes).toFixed(0)} % straight on`);
    return [`${changed} on average${gate}`, `${changed}${gate}`, changed];
  }

  /**
   * A bracket beside the rows of cells that follow the same.
   * @param {number} y
   * @param {number} from share of the block's height
   * @param {number} to
   * @param {string} name
   */
  bracket(y, from, to, name) {
    const { pen } = this;
    const { layout, theme } = this.scene;
    const { big, head } = layout;
    const [x, top, bottom] = [head + big / 2 + 5, y + (from - 0.5) * big + 2, y + (to - 0.5) * big - 2];
    pen.strokeStyle = theme.muted;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x + 3, top);
    pen.lineTo(x + 3, bottom);
    pen.lineTo(x, bottom);
    pen.stroke();
    this.write(name, x + 8, (top + bottom) / 2, { size: 12, color: theme.muted });
  }

  arrows() {
    const { layout, theme, time } = this.scene;
    const { lanes, big, head, tape, next, isNarrow } = layout;
    const up = part(time, GOES_UP[0], GOES_UP[1]);
    this.arrow(head, tape - 16, head, lanes[0] + big / 2 + 3, theme.role.i_h, up);
    for (let layer = 1; layer < lanes.length; layer++) {
      this.arrow(head, lanes[layer - 1] - big / 2 - 1, head, lanes[layer] + big / 2 + 1, theme.muted, this.done(layer - 1));
    }
    if (isNarrow || !this.scene.reading.answers(this.scene.at)) return;
    const last = lanes.length - 1;
    const y = lanes[last] + (this.scene.groups[last].length ? 18 : 0); // below the name of a group
    const end = next - 22;
    this.arrow(Math.min(head + big / 2 + 14, end - 20), y, end, y, theme.role.h_o, part(time, OUT[0], OUT[1]), [6, 3]);
  }

  /** The likeliest next words. */
  bars() {
    const { pen } = this;
    const { reading, layout, theme, at, time } = this.scene;
    const { x, y, width, apart } = layout.bars;
    const isOld = time < OUT[1] && at > 0 && reading.answers(at - 1);
    const grown = isOld ? 1 : part(time, GROWS[0], GROWS[1]);
    const pale = isOld ? 1 - part(time, 0.02, 0.3) : time < 1 ? grown : 1;
    const next = at + 1 < reading.given ? reading.word(at + 1) : null;
    reading.guesses(isOld ? at - 1 : at).forEach(({ word, share }, place) => {
      const middle = y + apart * (place + 0.5);
      const size = layout.isNarrow ? 13 : 15;
      const isTrue = !isOld && word === next;
      const color = isTrue ? theme.rightMark : theme.text;
      this.write(word, x - 8, middle, { size, weight: place ? 400 : 650, color, align: "right", alpha: pale, fits: layout.isNarrow ? 60 : 108 });
      pen.globalAlpha = pale;
      pen.fillStyle = theme.surface;
      pen.fillRect(x, middle - 7, width, 14);
      pen.fillStyle = theme.role.h_o;
      pen.globalAlpha = pale * (place ? 0.72 : 1);
      pen.fillRect(x, middle - 7, Math.max(1, share * width * grown), 14);
      const end = x + width + 6;
      this.write(unbroken(percent(share)), end, middle, { size: layout.isNarrow ? 12 : 13, color: theme.muted, alpha: pale, fits: layout.width - end });
    });
    pen.globalAlpha = 1;
  }

  noBars() {
    const { reading, layout, theme } = this.scene;
    const { x, y, apart } = layout.bars;
    const lines = ["It answers only", `after a full window`, `of ${reading.meta.window} words.`];
    lines.forEach((line, place) => this.write(line, layout.isNarrow ? x - 30 : x - 20, y + apart * (place + 1), { size: 14, color: theme.muted, fits: 150 }));
  }

  /** The line of words. */
  tape() {
    const { pen } = this;
    const { layout, theme, reading, at } = this.scene;
    const { tape, width, head, next, isNarrow } = layout;
    pen.strokeStyle = theme.border;
    pen.lineWidth = 1;
    for (const y of [tape - 17.5, tape + 31.5]) {
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
    }
    pen.fillStyle = theme.background;
    pen.strokeStyle = theme.text;
    pen.lineWidth = 2;
    const box = isNarrow ? 78 : 100;
    pen.fillRect(head - box / 2, tape - 15, box, 30);
    pen.strokeRect(head - box / 2, tape - 15, box, 30);
    pen.strokeStyle = theme.muted;
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    pen.strokeRect(next - (isNarrow ? 36 : 39), tape - 14, isNarrow ? 72 : 78, 28);
    pen.setLineDash([]);
    for (let one = Math.max(0, at - BEHIND); one < Math.min(reading.n, at + AHEAD); one++) this.tapeWord(one);
    if (reading.isCut) this.cut();
    if (at + AHEAD > reading.given) this.itself();
  }

  /** @param {number} one */
  tapeWord(one) {
    const { layout, theme, reading, at, time } = this.scene;
    const { tape, bars } = layout;
    const x = placeOf(layout, this.by(one));
    const isOwn = one >= reading.given;
    if (x < -60 || x > layout.width + 60 || (isOwn && one > at + 1)) return;
    const isNext = one === at + 1;
    if (isNext && isOwn && !reading.answers(at)) return;
    const falls = isNext && isOwn ? part(time, FALLS[0], FALLS[1]) : 1;
    if (falls <= 0) return;
    const y = isNext && isOwn ? mix(bars.y + bars.apart * 5 + 10, tape, falls) : tape;
    const mark = one <= at ? reading.mark(one) : "";
    const isWrong = isOwn && mark === "wrong";
    const isLost = one < this.begin;
    const alpha = shown(layout, x) * (isOwn || one <= at ? (isLost ? 0.4 : 1) : 0.45);
    const color = isWrong ? theme.wrong : isOwn ? theme.role.h_o : theme.text;
    const size = one === at ? 17 : 15;
    const fits = one === at ? 92 : layout.isNarrow ? 62 : 78;
    const wide = this.write(reading.word(one), x, y, { size, weight: one === at ? 650 : 400, color, align: "center", alpha, fits });
    if (isWrong) this.underline(x, tape + 11, wide, theme.wrong, alpha);
    if (one <= at) this.wordTold(one, x, mark, alpha);
  }

  /**
   * Below a word: whether its guess was right, and how much it surprised the network.
   * @param {number} one
   * @param {number} x
   * @param {import("./reading.js").Mark} mark
   * @param {number} alpha
   */
  wordTold(one, x, mark, alpha) {
    const { layout, theme, reading } = this.scene;
    const bits = reading.surprise(one);
    const sign = mark === "right" ? "✓" : mark === "wrong" ? "✗" : "";
    const unit = one === this.scene.at ? " bits" : "";
    const text = [sign, bits === null ? "" : `${bits.toFixed(bits < 9.95 ? 1 : 0)}${unit}`].filter(Boolean).join(" ");
    const color = mark === "right" ? theme.rightMark : mark === "wrong" ? theme.wrong : theme.muted;
    this.write(text, x, layout.tape + 22, { size: 12, color, align: "center", alpha });
  }

  /** Where the network's window begins: it knows of no word before. */
  cut() {
    const { pen } = this;
    const { layout, theme, reading, at } = this.scene;
    if (!this.begin) return;
    const x = (placeOf(layout, this.by(this.begin)) + placeOf(layout, this.by(this.begin - 1))) / 2;
    pen.globalAlpha = shown(layout, x);
    pen.strokeStyle = theme.wrong;
    pen.lineWidth = 2;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(x, 4);
    pen.lineTo(x, layout.tape + 30);
    pen.stroke();
    pen.setLineDash([]);
    if (at < reading.given && pen.globalAlpha > 0) {
      pen.fillStyle = theme.wrong; // the handle
      pen.fillRect(x - 4, layout.tape - 8, 8, 16);
    }
    pen.globalAlpha = 1;
  }

  /** Where the text ends, and the network reads its own words. */
  itself() {
    const { pen } = this;
    const { layout, theme, reading } = this.scene;
    const { given } = reading;
    const x = (placeOf(layout, this.by(given)) + placeOf(layout, this.by(given - 1))) / 2;
    if (x > layout.width - 40) return;
    pen.globalAlpha = shown(layout, x);
    pen.strokeStyle = theme.role.h_o;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x, layout.tape - 17);
    pen.lineTo(x, layout.tape + 31);
    pen.stroke();
    pen.globalAlpha = 1;
    if (given > this.scene.at + 1) return;
    this.write("now it reads itself", x + 5, layout.tape + 41, { size: 12, color: theme.role.h_o, alpha: shown(layout, x) });
  }

  /** From the bars to the next place: the network's own word, or nothing while there is text. */
  fall() {
    const { layout, theme, reading, at, time } = this.scene;
    const { bars, next, tape, isNarrow } = layout;
    if (!reading.answers(at)) return;
    const [top, bottom] = [bars.y + bars.apart * Math.min(5, reading.tops) + 6, tape - 20];
    const isOwn = at + 1 >= reading.given;
    if (isOwn) this.arrow(next, top, next, bottom, theme.role.h_o, time < 1 ? part(time, FALLS[0], FALLS[1]) : 1, [6, 3]);
    const alpha = time < 1 ? part(time, GROWS[0], GROWS[1]) : 1;
    const lines = isOwn ? ["What it says is", "its next input."] : this.judged();
    const color = isOwn ? theme.role.h_o : lines[0].startsWith("✓") ? theme.rightMark : theme.wrong;
    const x = next + (isNarrow ? 10 : 14);
    lines.forEach((line, place) => {
      this.write(line, x, (top + bottom) / 2 + (place - (lines.length - 1) / 2) * 17, { size: isNarrow ? 12 : 14, color, alpha, fits: layout.width - x });
    });
  }

  /** What became of a guess about the text. */
  judged() {
    const { reading, at } = this.scene;
    const next = reading.word(at + 1);
    const [{ word }] = reading.guesses(at);
    return word === next ? ["✓ It guessed", "the next word."] : ["✗ The text says", `“${next}”.`];
  }

  /**
   * The thread of one cell through the words.
   * @param {import("./reading.js").Cell} pick
   */
  thread({ layer, unit }) {
    const { pen } = this;
    const { layout, reading, order, theme } = this.scene;
    const place = Array.prototype.findIndex.call(order[layer], (each) => Number(each) === unit);
    const boxes = [];
    for (let by = 0; by >= -this.reach; by--) {
      const box = cellBox(layout, reading.nh, layer, place, by);
      if (shown(layout, box.x) > 0.5) boxes.push(box);
    }
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1.5;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    boxes.forEach(({ x, y }, at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
    pen.globalAlpha = 1;
    for (const { x, y, side } of boxes) ring(pen, [x - side / 2 - 1, y - side / 2 - 1, side + 2, side + 2], theme, { width: 1.5 });
  }
}
