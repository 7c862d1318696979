// The picture's state and what moves it: mouse, keys, slider, play.

import { hatchPattern, openCanvas, pointIn } from "../../../kit/js/canvas.js";
import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { onMark, setMark } from "../../../kit/js/page.js";
import { plural } from "../../../kit/js/text.js";
import { onVisit, visits } from "../../../kit/js/visits.js";
import { chainHeight, chainHit, drawChain } from "./chain.js";
import { epochImage } from "./epoch.js";
import { Finder } from "./finder.js";
import { cellAfterKey } from "./keys.js";
import { cellOf, sameCell } from "./layout.js";
import { Player } from "./player.js";
import { around, cellSentence, seamSentence, sizeNote } from "./sentence.js";
import { buildShell } from "./shell.js";
import { layoutOf } from "./shuffled.js";
import { count } from "./words.js";
import { drawMarks, drawWindow, hatches, windowGeometry, windowHeight, windowHit } from "./window.js";

const MARKS = 1; // what a redraw renews: the marked cell only,
const ALL = 2; // or the window as well
const REST = 250; // ms without a change before the address is written
const TALL = 260; // px: the text goes above a window that is higher
const SLOWEST = 1.5; // mini-batches a second in play, as fast as words can be read
const FASTEST = 30;

const lastVisit = new Map(); // key of the mount -> { pick, find }, kept while the reader is on another page
onVisit(() => lastVisit.clear());

export class View {
  constructor(body, kit) {
    this.body = body;
    this.kit = kit;
    this.root = kit.root;
    this.parts = buildShell(body);
    this.layout = null;
    this.pick = [0, 0, 0]; // the cell that stays
    this.hover = null; // the cell under the pointer
    this.level = 0;
    this.paints = 0;
    this.player = new Player(
      () => this.go(this.pick[0] + 1, true),
      (playing) => this.showPlaying(playing),
    );
    this.finder = new Finder(this.parts, {
      goTo: (cell) => this.jump(cell),
      changed: () => {
        this.redraw(ALL);
        this.remember();
      },
    });
    this.listen();
    this.leave = onMark("cell", this, (cell) => this.layout && !sameCell(cell, this.pick) && this.setPick(cell));
  }

  destroy() {
    this.leave();
    this.player.stop();
    this.abort.abort();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    // A visit's address says itself what is picked.
    if (this.layout && this.kit.visit === visits()) lastVisit.set(this.settings.id, { pick: this.pick, find: this.finder.text });
  }

  get cell() {
    return this.hover ?? this.pick;
  }

  // ---- from the page

  draw({ settings, theme }) {
    this.show({ ...settings, id: this.kit.data.id }, this.kit.files, theme);
  }

  /** Show a stream as `settings` cut it. */
  show(settings, stream, theme) {
    const first = !this.layout;
    const before = !first && this.stream === stream ? this.layout.position(this.pick) : null;
    const relaid = first || !this.fits(settings, stream);
    const recoloured = theme.dark !== this.theme?.dark;
    Object.assign(this, { settings, stream, theme });
    if (relaid) this.lay(before, first);
    if (relaid || recoloured) {
      this.hatch = hatchPattern(this.parts.base.getContext("2d"), theme.hatch);
      this.epoch = epochImage(this.layout, stream, theme);
    }
    this.parts.chain.setAttribute("aria-label", settings.alt);
    for (const item of this.parts.kinds) item.hidden = !stream.kinds.includes(item.lastChild.textContent);
    this.redraw(ALL);
    if (first) this.paint(); // at once: with the frame that shows it, or its parts would move after that
  }

  fits({ bs, bptt, shuffled }, stream) {
    const { layout } = this;
    const sizes = layout.bs === bs && layout.bptt === bptt && layout.nTokens === stream.nTokens;
    return sizes && layout.shuffled === Boolean(shuffled) && this.stream === stream;
  }

  /** A new layout keeps the token at position `before`, not its place. */
  lay(before, first) {
    const { settings, stream } = this;
    this.layout = layoutOf(stream.nTokens, settings);
    this.hover = null;
    const visit = first ? lastVisit.get(settings.id) : null;
    const start = visit?.pick ?? (first && this.asked());
    if (start) this.pick = this.layout.clamp(start);
    else if (before !== null) this.pick = this.layout.owner(before);
    else this.pick = [0, 0, 0];
    if (first) this.finder.text = visit?.find ?? inAddress("find") ?? "";
    this.finder.relay(stream, this.layout, settings);
    this.sayBatches();
    if (!first) this.remember();
  }

  /** The cell in the address, or else the nearest one that exists; null where it has none. */
  asked() {
    const { layout } = this;
    const named = cellOf(inAddress("cell"));
    const nearest = named && layout.clamp(named);
    const last = layout.clamp([Infinity, Infinity, Infinity]).join("-");
    const exact = (text) => (nearest && sameCell(cellOf(text), nearest) ? nearest : null);
    return this.kit.asked.value("cell", exact, `a cell from 0-0-0 to ${last}`, nearest);
  }

  /** Write the picked cell and the search into the address, once nothing moves. */
  remember() {
    if (this.player.playing) return;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      putInAddress("cell", this.pick.join("-"));
      putInAddress("find", this.finder.text || null);
    }, REST);
  }

  // ---- moving

  listen() {
    const { over, chain, slider, play } = this.parts;
    this.abort = new AbortController();
    const on = (element, type, action) =>
      element.addEventListener(type, action, { signal: this.abort.signal });
    on(over, "pointermove", (event) => event.pointerType === "mouse" && this.point(event));
    on(over, "pointerleave", () => this.setHover(null));
    on(over, "click", (event) => this.setPick(this.cellUnder(event)));
    on(over, "keydown", (event) => this.key(event));
    on(chain, "click", (event) => this.setPick(chainHit(this.scene(), ...pointIn(chain, event))));
    on(slider, "input", () => this.go(Number(slider.value)));
    on(play.element, "click", () => this.togglePlay());
  }

  cellUnder(event) {
    const hit = windowHit(this.layout, this.geometry, ...pointIn(this.parts.over, event));
    return hit && [this.pick[0], ...hit];
  }

  point(event) {
    this.setHover(this.cellUnder(event));
  }

  setHover(cell) {
    if (cell === this.hover || sameCell(cell, this.hover)) return;
    this.hover = cell;
    this.redraw(MARKS);
  }

  setPick(cell) {
    if (!cell) return;
    const turned = cell[0] !== this.pick[0];
    this.pick = this.layout.clamp(cell);
    this.redraw(turned || this.layout.shuffled ? ALL : MARKS);
    this.remember();
  }

  /** Go to a cell chosen outside the window, and have it read aloud. */
  jump(cell) {
    this.hover = null;
    this.announce = Boolean(cell);
    this.setPick(cell);
  }

  /** Show a mini-batch; past the last one comes the first. */
  go(batch, now = false) {
    const turn = (cell) => cell && [batch % this.layout.nBatches, cell[1], cell[2]];
    this.pick = turn(this.pick);
    this.hover = turn(this.hover);
    if (!this.player.playing) this.remember();
    this.redraw(ALL);
    if (now) this.paint(); // already in a frame: waiting for the next would halve the rate
  }

  key(event) {
    const cell = cellAfterKey(event.key, this.layout, this.pick);
    if (event.key === " ") this.togglePlay();
    else if (cell) this.jump(cell);
    else return;
    event.preventDefault();
  }

  togglePlay() {
    // Slow enough to read the words where they are shown; else a pass takes 8 seconds.
    const rate = this.geometry?.ahead ? SLOWEST : this.layout.nBatches / 8;
    this.player.toggle(Math.max(SLOWEST, Math.min(FASTEST, rate)));
  }

  showPlaying(playing) {
    this.parts.play.show(playing);
    if (!playing && this.layout) this.remember();
  }

  sayBatches() {
    const { slider, sliderName, play, size } = this.parts;
    const last = this.layout.nBatches - 1;
    slider.max = last;
    slider.disabled = play.element.disabled = last === 0;
    size.textContent = sizeNote(this.layout);
    sliderName.textContent = last ? `Mini-batch, 0 to ${count(last)}` : "Mini-batch, only 0";
  }

  // ---- drawing

  scene() {
    const { layout, stream, theme, hatch, cell, pick, epoch, width } = this;
    const { mask, places, positions } = this.finder;
    const found = { mask, places, positions };
    return { layout, stream, theme, hatch, cell, picked: pick, batch: cell[0], epoch, width, ...found };
  }

  redraw(level) {
    this.level = Math.max(this.level, level);
    this.frame ??= requestAnimationFrame(() => this.paint()); // one drawing for many changes
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const level = this.level;
    this.level = 0;
    this.width = this.body.clientWidth;
    if (!level || !this.layout || !this.width) return;
    this.root.style.minHeight = "0"; // it kept room for the picture until now
    const { parts } = this;
    if (level === ALL) this.paintWindow();
    const scene = this.scene();
    drawChain(openCanvas(parts.chain, this.width, chainHeight(this.width)), scene);
    drawMarks(openCanvas(parts.over, this.width, windowHeight(this.geometry)), scene, this.geometry);
    this.finder.show(this.pick);
    this.say();
    setMark("cell", this.pick, this); // the rows that a network reads follow
    this.kit.table?.changed();
    this.paints++;
  }

  paintWindow() {
    const { parts, layout } = this;
    this.geometry = windowGeometry(layout, this.width);
    const height = windowHeight(this.geometry);
    parts.window.style.height = `${height}px`;
    parts.stage.classList.toggle("tall", height > TALL);
    drawWindow(openCanvas(parts.base, this.width, height), this.scene(), this.geometry);
    parts.slider.value = this.pick[0];
    parts.sliderValue.textContent = count(this.pick[0]);
    const sides = `${plural(layout.bs, "row")} × ${plural(layout.bptt, "step")}`;
    parts.title.textContent = `Mini-batch ${count(this.pick[0])}: ${sides}`;
    parts.hatched.style.visibility = hatches(layout, this.pick[0]) ? "" : "hidden"; // its room stays
    parts.seam.replaceChildren(...seamSentence(layout, this.stream, this.pick));
    this.keys ??= parts.over.ariaLabel; // the keys come after what the picture shows
    parts.over.ariaLabel = `${parts.title.textContent}. ${parts.seam.textContent} ${this.keys}`;
  }

  say() {
    const { parts, layout, cell } = this;
    parts.sentence.replaceChildren(...cellSentence(layout, this.stream, cell));
    // Read aloud what the keys reach, not everything under the mouse.
    const said = parts.sentence.textContent;
    const at = cell.join("-");
    if (this.announce) parts.spoken.textContent = said + around(layout, this.stream, cell);
    else if (at !== this.root.dataset.cell) parts.spoken.textContent = ""; // it is about another cell
    this.announce = false;
    this.root.dataset.cut = layout.shuffled ? "random" : "order";
    this.root.dataset.cell = at;
    this.root.dataset.position = layout.position(cell);
    this.root.dataset.target = layout.target(cell)?.join("-") ?? "";
  }
}
