// The picture's state and what moves it: mouse, keys, slider, play.

import { hatchPattern, openCanvas } from "../shared/canvas.js";
import { chainHeight, chainHit, drawChain } from "./chain.js";
import { Layout, sameCell } from "./layout.js";
import { Player } from "./player.js";
import { cellSentence, count } from "./sentence.js";
import { buildShell } from "./shell.js";
import { drawMarks, drawWindow, windowGeometry, windowHeight, windowHit } from "./window.js";

const MARKS = 1; // what a redraw renews: the marked cell only,
const ALL = 2; // or the window as well
const REST = 250; // ms without a change before Python and the address hear of it
const PAGE_CHANGE = 1500; // ms after which a click elsewhere has changed the page, if it does

const lastPick = new Map(); // component id -> cell, kept over a page switch

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
    const before = this.layout && this.stream === files ? this.layout.position(this.pick) : null;
    const first = !this.layout;
    const old = this.layout;
    this.data = data;
    this.send = send;
    this.theme = theme;
    this.stream = files;
    this.hatch = hatchPattern(this.parts.base.getContext("2d"), theme.hatch);
    if (first || old.nTokens !== files.nTokens || old.bs !== data.bs || old.bptt !== data.bptt) {
      this.layout = new Layout(files.nTokens, data.bs, data.bptt);
      this.hover = null;
      // A new layout keeps the token, not its place.
      const start = before === null ? this.firstPick() : this.layout.owner(before);
      this.pick = this.layout.clamp(start);
      this.sayBatches();
      if (!first || this.pick.some(Boolean)) this.report();
    }
    this.parts.chain.setAttribute("aria-label", data.alt);
    this.redraw(ALL);
  }

  /** The cell of the last visit to this page, or the address's ?cell=2-0-66. */
  firstPick() {
    if (lastPick.has(this.data.id)) return lastPick.get(this.data.id);
    const asked = new URL(location).searchParams.get("cell") ?? "";
    if (/^\d{1,9}-\d{1,9}-\d{1,9}$/.test(asked)) return asked.split("-").map(Number);
    return this.layout.firstRepeat() ?? [0, 0, 0]; // where the layout needs explaining most
  }

  // ---- to Python and the address, once the picture rests

  report(rest = REST) {
    lastPick.set(this.data.id, this.pick);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.resting = 0;
      const url = new URL(location);
      url.searchParams.set("cell", this.pick.join("-"));
      history.replaceState(history.state, "", url); // st.query_params would add to the history
      this.send("batch", this.pick[0]);
    }, rest);
  }

  /** A report that meets a change of page on its way to Python leaves that page empty. */
  postpone(event) {
    if (this.resting && !event.composedPath().includes(this.root)) this.report(PAGE_CHANGE);
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
    this.redraw(turned ? ALL : MARKS);
    this.report();
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

  key(event) {
    const [batch, row, step] = this.pick;
    const { bptt } = this.layout;
    const moves = {
      ArrowLeft: () => (step ? [batch, row, step - 1] : [batch - 1, row, batch ? bptt - 1 : 0]),
      ArrowRight: () => this.layout.target(this.pick) ?? this.pick,
      ArrowUp: () => [batch, row - 1, step],
      ArrowDown: () => [batch, row + 1, step],
      Home: () => [batch, row, 0],
      End: () => [batch, row, bptt - 1],
      PageUp: () => [batch - 1, row, step],
      PageDown: () => [batch + 1, row, step],
    };
    if (event.key === " ") this.togglePlay();
    else if (moves[event.key]) {
      this.hover = null;
      this.setPick(moves[event.key]());
      this.announce = true;
    } else return;
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
    const { slider, sliderName, play } = this.parts;
    const last = this.layout.nBatches - 1;
    slider.max = last;
    slider.disabled = play.disabled = last === 0;
    sliderName.textContent = last ? `Mini-batch, 0 to ${count(last)}` : "Mini-batch, only 0";
  }

  // ---- drawing

  scene() {
    const { layout, stream, theme, hatch, cell, pick } = this;
    return { layout, stream, theme, hatch, cell, picked: pick, batch: cell[0], width: this.width };
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
    const { parts } = this;
    if (level === ALL) this.paintWindow();
    const scene = this.scene();
    drawChain(openCanvas(parts.chain, this.width, chainHeight(this.width)), scene);
    drawMarks(openCanvas(parts.over, this.width, windowHeight(this.geometry)), scene, this.geometry);
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
    const rows = `${layout.bs} row${layout.bs === 1 ? "" : "s"}`;
    const steps = `${layout.bptt} step${layout.bptt === 1 ? "" : "s"}`;
    parts.title.textContent = `The window: mini-batch ${this.pick[0]}, ${rows} × ${steps}`;
  }

  say() {
    const { parts, layout, cell } = this;
    parts.sentence.replaceChildren(...cellSentence(layout, this.stream, cell));
    // Read aloud what the keys reach, not all that the mouse passes over.
    if (this.announce) parts.spoken.textContent = parts.sentence.textContent;
    this.announce = false;
    this.root.dataset.cell = cell.join("-");
    this.root.dataset.position = layout.position(cell);
    this.root.dataset.target = layout.target(cell)?.join("-") ?? "";
  }
}
