// The picture's state and what moves it: mouse, keys, slider, play.

import { hatchPattern, openCanvas } from "../../../kit/js/canvas.js";
import { cellInAddress, findInAddress, writeAddress } from "./address.js";
import { chainHeight, chainHit, drawChain } from "./chain.js";
import { drawEpoch, epochGeometry, epochHeight, epochHit, epochImage } from "./epoch.js";
import { Finder } from "./finder.js";
import { cellAfterKey, cellAfterMapKey } from "./keys.js";
import { Layout, sameCell } from "./layout.js";
import { Player } from "./player.js";
import { around, cellSentence, seamSentence, sizeNote } from "./sentence.js";
import { buildShell } from "./shell.js";
import { Shuffled } from "./shuffled.js";
import { count, plural } from "./words.js";
import { drawMarks, drawWindow, windowGeometry, windowHeight, windowHit } from "./window.js";

const MARKS = 1; // what a redraw renews: the marked cell only,
const ALL = 2; // or the window as well
const REST = 250; // ms without a change before Python and the address hear of it
const PAGE_CHANGE = 1500; // ms after which a click elsewhere has changed the page, if it does

const lastVisit = new Map(); // component id -> { pick, find }, kept over a page switch

export class View {
  constructor(root) {
    this.root = root;
    this.parts = buildShell(root);
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
        this.report();
      },
    });
    this.listen();
  }

  destroy() {
    this.player.stop();
    this.abort.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
  }

  get cell() {
    return this.hover ?? this.pick;
  }

  // ---- from Python

  update({ data, files, theme, send }) {
    const first = !this.layout;
    const before = !first && this.stream === files ? this.layout.position(this.pick) : null;
    const relaid = first || !this.fits(data, files);
    this.data = data;
    this.send = send;
    this.theme = theme;
    this.stream = files;
    this.hatch = hatchPattern(this.parts.base.getContext("2d"), theme.hatch);
    if (relaid) this.lay(before, first);
    this.epoch = epochImage(this.layout, files, theme);
    this.parts.chain.setAttribute("aria-label", data.alt);
    this.parts.other.hidden = !files.kinds.includes("other");
    this.redraw(ALL);
  }

  fits({ bs, bptt, shuffled }, stream) {
    const { layout } = this;
    const sizes = layout.bs === bs && layout.bptt === bptt && layout.nTokens === stream.nTokens;
    return sizes && layout.shuffled === Boolean(shuffled) && this.stream === stream;
  }

  /** A new layout keeps the token at position `before`, not its place. */
  lay(before, first) {
    const { data, stream } = this;
    const Kind = data.shuffled ? Shuffled : Layout;
    this.layout = new Kind(stream.nTokens, data.bs, data.bptt);
    this.hover = null;
    const visit = first ? lastVisit.get(data.id) : null;
    const start = visit?.pick ?? (first && cellInAddress());
    if (start) this.pick = this.layout.clamp(start);
    else if (before !== null) this.pick = this.layout.owner(before);
    else this.pick = this.layout.clamp(this.layout.firstRepeat() ?? [0, 0, 0]); // tells most
    if (first) this.finder.text = visit?.find ?? findInAddress();
    this.finder.relay(stream, this.layout);
    this.sayBatches();
    if (!first || this.pick.some(Boolean)) this.report();
  }

  // ---- to Python and the address, once the picture rests

  report(rest = REST) {
    lastVisit.set(this.data.id, { pick: this.pick, find: this.finder.text });
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.resting = 0;
      writeAddress(this.pick, this.finder.text);
      this.send("batch", this.pick[0]);
    }, rest);
  }

  /** A report that meets a change of page on its way to Python leaves that page empty. */
  postpone(event) {
    if (this.resting && !event.composedPath().includes(this.root)) this.report(PAGE_CHANGE);
  }

  // ---- moving

  listen() {
    const { over, chain, epoch, slider, play } = this.parts;
    this.abort = new AbortController();
    const on = (element, type, action) =>
      element.addEventListener(type, action, { signal: this.abort.signal });
    on(over, "pointermove", (event) => event.pointerType === "mouse" && this.point(event));
    on(over, "pointerleave", () => this.setHover(null));
    on(over, "click", (event) => this.setPick(this.cellUnder(event)));
    on(over, "keydown", (event) => this.key(event, cellAfterKey));
    on(epoch, "keydown", (event) => this.key(event, cellAfterMapKey));
    on(epoch, "click", ({ offsetX, offsetY }) =>
      this.jump(epochHit(this.layout, this.mapGeometry, offsetX, offsetY)),
    );
    on(chain, "click", (event) => this.setPick(chainHit(this.scene(), event.offsetX, event.offsetY)));
    on(slider, "input", () => this.go(Number(slider.value)));
    on(play, "click", () => this.togglePlay());
    for (const type of ["pointerdown", "keydown"])
      document.addEventListener(type, (event) => this.postpone(event), {
        capture: true,
        signal: this.abort.signal,
      });
    this.observer = new ResizeObserver(() => this.redraw(ALL));
    this.observer.observe(this.root);
  }

  cellUnder(event) {
    const hit = windowHit(this.layout, this.geometry, event.offsetX, event.offsetY);
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
    this.report();
  }

  /** Go to a cell from elsewhere than the window, and read it aloud. */
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
    if (!this.player.playing) this.report();
    this.redraw(ALL);
    if (now) this.paint(); // already in a frame: waiting for the next would halve the rate
  }

  key(event, cellAfter) {
    const cell = cellAfter(event.key, this.layout, this.pick);
    if (event.key === " ") this.togglePlay();
    else if (cell) this.jump(cell);
    else return;
    event.preventDefault();
  }

  togglePlay() {
    const rate = this.layout.nBatches / 8; // a pass in 8 seconds, if the eye can follow
    this.player.toggle(Math.max(1.5, Math.min(30, rate)));
  }

  showPlaying(playing) {
    this.parts.play.textContent = playing ? "❚❚ Pause" : "▶ Play";
    if (!playing && this.layout) this.report();
  }

  sayBatches() {
    const { slider, sliderName, play, epoch, wholeTitle, size } = this.parts;
    const { bs, rowLength, nBatches } = this.layout;
    const last = nBatches - 1;
    epoch.ariaValueMax = slider.max = last;
    slider.disabled = play.disabled = last === 0;
    const map = `${plural(bs, "row")} × ${plural(rowLength, "step")}`;
    wholeTitle.textContent = `The whole pass: ${map}, ${plural(nBatches, "mini-batch")}`;
    epoch.ariaLabel = `${wholeTitle.textContent}; the mini-batch in view`;
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
    this.frame ??= requestAnimationFrame(() => this.paint()); // many changes, one drawing
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const level = this.level;
    this.level = 0;
    this.width = this.root.clientWidth;
    if (!level || !this.layout || !this.width) return;
    this.root.style.minHeight = "0"; // which kept its place until now
    const { parts } = this;
    if (level === ALL) this.paintWindow();
    const scene = this.scene();
    drawChain(openCanvas(parts.chain, this.width, chainHeight(this.width)), scene);
    drawMarks(openCanvas(parts.over, this.width, windowHeight(this.geometry)), scene, this.geometry);
    this.finder.show(this.pick);
    this.say();
    this.paints++;
  }

  paintWindow() {
    const { parts, layout } = this;
    this.geometry = windowGeometry(layout, this.width);
    const height = windowHeight(this.geometry);
    parts.window.style.height = `${height}px`;
    drawWindow(openCanvas(parts.base, this.width, height), this.scene(), this.geometry);
    parts.slider.value = this.pick[0];
    parts.sliderValue.textContent = count(this.pick[0]);
    const sides = `${plural(layout.bs, "row")} × ${plural(layout.bptt, "step")}`;
    parts.title.textContent = `The window: mini-batch ${this.pick[0]}, ${sides}`;
    parts.seam.replaceChildren(...seamSentence(layout, this.stream, this.pick));
    this.keys ??= parts.over.ariaLabel; // what they do stands behind what the picture shows
    parts.over.ariaLabel = `${parts.title.textContent}. ${parts.seam.textContent} ${this.keys}`;
    this.paintMap();
  }

  paintMap() {
    this.mapGeometry = epochGeometry(this.layout, this.geometry);
    const { epoch } = this.parts;
    drawEpoch(openCanvas(epoch, this.width, epochHeight(this.mapGeometry)), this.scene(), this.mapGeometry);
    epoch.ariaValueNow = this.pick[0];
  }

  say() {
    const { parts, layout, cell } = this;
    parts.sentence.replaceChildren(...cellSentence(layout, this.stream, cell));
    // Read aloud what the keys reach, not all that the mouse passes over.
    const said = parts.sentence.textContent;
    if (this.announce) parts.spoken.textContent = said + around(layout, this.stream, cell);
    this.announce = false;
    this.root.dataset.cut = layout.shuffled ? "random" : "order";
    this.root.dataset.cell = cell.join("-");
    this.root.dataset.position = layout.position(cell);
    this.root.dataset.target = layout.target(cell)?.join("-") ?? "";
  }
}
